// A section, means in cells of time and depth, or a series, means along the way of what does not dive.
import { coloursOf, stepOf } from "./explorer_colours.js";
import { called, minus, moment, titled, unitShown } from "./explorer_ticks.js";

const TIME = "Time (UTC)";

/** `value unit`, with as many digits as the API gives. */
export const said = (value, unit) => `${minus(value)}${unit ? ` ${unit}` : ""}`;

/** Which column a moment falls into, or -1 in a gap. */
const columnAt = (begins, ends, ms) => begins.findIndex((begin, i) => begin <= ms && ms <= ends[i]);

function times(data) {
  const [begins, middles, ends] = [data.time_from, data.time, data.time_to].map((list) =>
    list.map((text) => Date.parse(text)),
  );
  const width = Math.max(ends.at(-1) - begins[0], 60_000);
  return { begins, middles, ends, whole: [begins[0], begins[0] + width] };
}

function along(middles, ms, by) {
  const nearest = middles.reduce(
    (best, middle, i) => (Math.abs(middle - ms) < Math.abs(middles[best] - ms) ? i : best),
    0,
  );
  return Math.min(middles.length - 1, Math.max(0, nearest + by));
}

/** A section as the content of a plot. */
export function section(data, title) {
  const unit = unitShown(data.unit);
  const name = called(data.variable);
  const { begins, middles, ends, whole } = times(data);
  const painted = document.createElement("canvas"); // One pixel a cell.
  painted.width = data.columns;
  painted.height = data.rows;
  const paint = (limits) => {
    const steps = coloursOf(data.colour_map);
    const ctx = painted.getContext("2d");
    const image = ctx.createImageData(data.columns, data.rows);
    data.values.forEach((row, r) =>
      row.forEach((value, c) => {
        if (value !== null)
          image.data.set([...steps[stepOf(value, limits, steps.length)], 255], 4 * (r * data.columns + c));
      }),
    );
    ctx.putImageData(image, 0, 0);
  };
  return {
    title: `${titled(name, unit)} · ${title}`,
    axes: {
      x: { title: TIME, isTime: true, whole },
      y: { title: "Depth (m)", down: true, whole: [0, data.bottom_m] },
      colours: { title: unit, asked: titled("Colours", unit), map: data.colour_map, whole: data.limits },
    },
    picks: true,
    draw(ctx, plot) {
      paint(plot.view.colours);
      ctx.imageSmoothingEnabled = false; // Cells have edges; a gap stays a gap.
      const [top, bottom] = [plot.toY(0), plot.toY(data.bottom_m)];
      begins.forEach((begin, c) => {
        const left = plot.toX(begin);
        const width = Math.max(plot.toX(ends[c]) - left, 0.75);
        if (left + width >= plot.at.left && left <= plot.at.right)
          ctx.drawImage(painted, c, 0, 1, data.rows, left, top, width, bottom - top);
      });
    },
    read({ x, y }) {
      const [column, row] = [columnAt(begins, ends, x), Math.floor(y / data.bin_m)];
      if (column < 0 || row < 0 || row >= data.rows)
        return { x, y, text: `${moment(x)}, ${y.toFixed(1)} m: nothing measured` };
      const value = data.values[row][column];
      const at = `${moment(middles[column])}, ${data.depth_m[row]} m, profile ${data.profile[column]}`;
      return {
        x: middles[column],
        y: data.depth_m[row],
        text: `${at}: ${value === null ? "nothing measured" : said(value, unit)}`,
      };
    },
    step({ x, y }, right, below) {
      const row = Math.min(data.rows - 1, Math.max(0, Math.floor(y / data.bin_m) + below));
      return { x: middles[along(middles, x, right)], y: data.depth_m[row] };
    },
  };
}

/** A series as the content of a plot. */
export function series(data, title) {
  const unit = unitShown(data.unit);
  const name = called(data.variable);
  const { begins, middles, ends, whole } = times(data);
  const [values] = data.values;
  const [low, high] = data.range;
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  const joined = (i) => i > 0 && values[i - 1] !== null && begins[i] - ends[i - 1] <= ends[i] - begins[i];
  return {
    title: `${titled(name, unit)} · ${title}`,
    axes: {
      x: { title: TIME, isTime: true, whole },
      y: { title: titled(name, unit), whole: [low - room, high + room] },
    },
    draw(ctx, plot) {
      ctx.fillStyle = plot.colours.line;
      values.forEach((value, i) => {
        if (value === null) return;
        const [left, right, top, bottom] = [
          plot.toX(begins[i]),
          plot.toX(ends[i]),
          plot.toY(data.high[i]),
          plot.toY(data.low[i]),
        ];
        ctx.fillRect(left, top, Math.max(right - left, 1), Math.max(bottom - top, 1));
      });
      ctx.strokeStyle = plot.colours.graphic;
      ctx.lineWidth = 1.75;
      ctx.beginPath();
      values.forEach((value, i) => {
        if (value !== null) ctx[joined(i) ? "lineTo" : "moveTo"](plot.toX(middles[i]), plot.toY(value));
      });
      ctx.stroke();
    },
    read({ x }) {
      const column = columnAt(begins, ends, x);
      if (column < 0 || values[column] === null)
        return { x, y: plotMiddle(this.axes.y.whole), text: `${moment(x)}: nothing measured` };
      const span = `${minus(data.low[column])} to ${minus(data.high[column])}`;
      return {
        x: middles[column],
        y: values[column],
        text: `${moment(middles[column])}: ${said(values[column], unit)} (${span})`,
      };
    },
    step({ x, y }, right) {
      const column = along(middles, x, right);
      return { x: middles[column], y: values[column] ?? y };
    },
  };
}

const plotMiddle = ([low, high]) => (low + high) / 2;
