// Heat map and state timeline, which @grafana/ui does not export: drawn with uPlot, Grafana's own plotting library.
import { getValueFormat, formattedValueToString } from "@grafana/data";
import { createElement as h, useEffect, useRef } from "react";
import uPlot from "uplot";

const FONT = "11px Inter, Helvetica, Arial, sans-serif";
// The darkest and the brightest colour of Grafana's scheme Oranges, as red, green and blue.
const ORANGES = [
  [60, 30, 20],
  [255, 175, 90],
];

// A plot with a time axis, an axis of named rows, and a function that draws the rows.
function Rows({ names, axisWidth, times_ms, width, height, theme, drawRows }) {
  const host = useRef(null);
  useEffect(() => {
    const stroke = theme.colors.text.primary;
    const grid = { stroke: theme.colors.border.weak, width: 1 };
    const axis = { stroke, font: FONT, grid, ticks: { show: false } };
    const plot = new uPlot(
      {
        width,
        height,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: true }, y: { range: [0, names.length] } },
        tzDate: (time_s) => uPlot.tzDate(new Date(time_s * 1000), "Etc/UTC"),
        axes: [
          { ...axis, values: (_, ticks) => ticks.map((at) => new Date(at * 1000).toISOString().slice(11, 16)) },
          {
            ...axis,
            size: axisWidth,
            grid: { show: false },
            splits: () => names.map((_, row) => row + 0.5),
            values: () => names,
          },
        ],
        series: [{}, { show: false }],
        hooks: { draw: [(u) => drawRows(u.ctx, u)] },
      },
      [times_ms.map((time) => time / 1000), times_ms.map(() => 0)],
      host.current,
    );
    return () => plot.destroy();
  });
  return h("div", { ref: host });
}

// Calls `paint` for each cell with its rectangle on the canvas.
function eachCell(u, times_ms, rows, paint) {
  const step_s = times_ms.length > 1 ? (times_ms[1] - times_ms[0]) / 1000 : 1;
  rows.forEach((values, row) => {
    const top = u.valToPos(row + 1, "y", true);
    const bottom = u.valToPos(row, "y", true);
    values.forEach((value, index) => {
      const left = u.valToPos(times_ms[index] / 1000, "x", true);
      const right = u.valToPos(times_ms[index] / 1000 + step_s, "x", true);
      if (value !== null) paint({ value, left, top, width: right - left, height: bottom - top, row });
    });
  });
}

// One row for each series; the display processor of Grafana gives the colour, from thresholds or a gradient.
export function StateTimeline({ frames, ...size }) {
  const fields = frames.map((frame) => frame.fields[1]).reverse();
  const names = fields.map((field) => field.config.displayName);
  const times_ms = frames[0].fields[0].values;
  const longest = Math.max(...names.map((name) => name.length));
  const drawRows = (context, u) =>
    eachCell(
      u,
      times_ms,
      fields.map(({ values }) => values),
      ({ value, left, top, width, height, row }) => {
        context.fillStyle = fields[row].display(value).color;
        context.fillRect(left, top + height * 0.1, width + 1, height * 0.8);
      },
    );
  return h(Rows, { names, axisWidth: 16 + 7 * longest, times_ms, drawRows, ...size });
}

// The counts of each bucket: those of a histogram are cumulative, so each row loses what the row below it has.
export function bucketCounts(content) {
  const ordered = [...content].sort((one, other) => bound(one) - bound(other));
  const rows = ordered.map(({ values }, index) =>
    values.map((value, at) => (value === null ? null : Math.max(0, value - (ordered[index - 1]?.values[at] ?? 0)))),
  );
  return { bounds: ordered.map(bound), rows, times_ms: ordered[0].times_ms };
}

const bound = ({ labels }) => (labels.le === "+Inf" ? Infinity : Number(labels.le));

export function Heatmap({ content, panel, ...size }) {
  const { bounds, rows, times_ms } = bucketCounts(content);
  const format = getValueFormat(panel.options.yAxis.unit);
  const names = bounds.map((limit) => (limit === Infinity ? "+Inf" : formattedValueToString(format(limit))));
  const highest = Math.max(...rows.flat(), Number.MIN_VALUE);
  const exponent = panel.options.color.exponent;
  const drawRows = (context, u) =>
    eachCell(u, times_ms, rows, ({ value, left, top, width, height }) => {
      if (!value) return;
      const share = (value / highest) ** exponent;
      const [red, green, blue] = ORANGES[0].map((low, part) => Math.round(low + share * (ORANGES[1][part] - low)));
      context.fillStyle = `rgb(${red}, ${green}, ${blue})`;
      context.fillRect(left, top + 1, width, height - 1);
    });
  return h(Rows, { names, axisWidth: 60, times_ms, drawRows, ...size });
}
