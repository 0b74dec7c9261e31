// A series: means along the track of a platform that does not dive, with the range of the values in each column.
import { columnAt, columnBeside, TIME_TITLE, timesOf } from "./explorer_columns.js";
import { roomAround } from "./explorer_range.js";
import { displayName, displayUnit, minus, moment, NO_DATA, titled, withUnit } from "./explorer_text.js";

/** A series as the content of a plot. */
export function series(data, title) {
  const unit = displayUnit(data.unit);
  const name = titled(displayName(data.variable), unit);
  const { begins, middles, ends, extent } = timesOf(data);
  const [values] = data.values;
  const [low, high] = data.range;
  const room = roomAround(low, high);
  // A gap that is longer than a column interrupts the line.
  const isJoined = (i) => i > 0 && values[i - 1] !== null && begins[i] - ends[i - 1] <= ends[i] - begins[i];
  return {
    title: `${name} · ${title}`,
    axes: {
      x: { title: TIME_TITLE, isTime: true, extent },
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
    },
    read({ x }) {
      const column = columnAt(begins, ends, x);
      if (column < 0 || values[column] === null) return { x, y: (low + high) / 2, text: `${moment(x)}: ${NO_DATA}` };
      const range = `${minus(data.low[column])} to ${minus(data.high[column])}`;
      const text = `${moment(middles[column])}: ${withUnit(values[column], unit)} (${range})`;
      return { x: middles[column], y: values[column], text };
    },
    step({ x, y }, right) {
      const column = columnBeside(middles, x, right);
      return { x: middles[column], y: values[column] ?? y };
    },
  };
}
