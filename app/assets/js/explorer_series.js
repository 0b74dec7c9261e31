// A series: means along the track of a platform that does not dive, with the range of the values in each column.
import { alongOf, columnAt, columnBeside, timesOf } from "./explorer_columns.js";
import { minMax, roomAround } from "./explorer_range.js";
import { displayName, displayUnit, minus, moment, NO_DATA, titled, withUnit } from "./explorer_text.js";

const HOLLOW_PX = 2.5; // The radius of a point of flagged values only.

/** A series as the content of a plot, along `time` or `distance`. */
export function series(data, title, axis = "time") {
  const unit = displayUnit(data.unit);
  const name = titled(displayName(data.variable), unit);
  const times = timesOf(data);
  const along = alongOf(data, axis, times);
  const { begins, middles, ends } = along;
  const [values] = data.values;
  const [low, high] = minMax([...data.range, ...data.low, ...data.high]);
  const flagged = new Set((data.flagged_cells ?? []).map(([, column]) => column));
  const room = roomAround(low, high);
  // A gap that is longer than a column interrupts the line.
  const isJoined = (i) => i > 0 && values[i - 1] !== null && begins[i] - ends[i - 1] <= ends[i] - begins[i];
  return {
    title: `${name} · ${title}`,
    axes: {
      x: along.axis,
      y: { title: name, extent: [low - room, high + room] },
    },
    draw(ctx, plot) {
      ctx.fillStyle = plot.colours.line;
      values.forEach((value, i) => {
        if (value === null) return;
        const [left, right] = [plot.toX(begins[i]), plot.toX(ends[i])];
        const [top, bottom] = [plot.toY(data.high[i]), plot.toY(data.low[i])];
        ctx.fillRect(left, top, Math.max(right - left, 1), Math.max(bottom - top, 1));
      });
      ctx.strokeStyle = plot.colours.graphic;
      ctx.lineWidth = 1.75;
      ctx.beginPath();
      values.forEach((value, i) => {
        if (value !== null) ctx[isJoined(i) ? "lineTo" : "moveTo"](plot.toX(middles[i]), plot.toY(value));
      });
      ctx.stroke();
      ctx.fillStyle = plot.colours.ground;
      for (const i of flagged) {
        ctx.beginPath();
        ctx.arc(plot.toX(middles[i]), plot.toY(values[i]), HOLLOW_PX, 0, 2 * Math.PI);
        ctx.fill();
        ctx.stroke();
      }
    },
    read({ x }) {
      const column = columnAt(begins, ends, x);
      const here = along.axis.isTime ? moment(x) : `${x.toFixed(1)} km`;
      if (column < 0 || values[column] === null) return { x, y: (low + high) / 2, text: `${here}: ${NO_DATA}` };
      const range = `${minus(data.low[column])} to ${minus(data.high[column])}`;
      const text = `${moment(times.middles[column])}: ${withUnit(values[column], unit)} (${range})`;
      return { x: middles[column], y: values[column], text };
    },
    step({ x, y }, right) {
      const column = columnBeside(middles, x, right);
      return { x: middles[column], y: values[column] ?? y };
    },
  };
}
