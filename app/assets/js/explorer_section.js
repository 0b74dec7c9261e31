// A section: means in cells of time and depth.
import { coloursOf, stepOf } from "./explorer_colours.js";
import { displayName, displayUnit, moment, NO_DATA, titled, withUnit } from "./explorer_text.js";
import { columnAt, columnBeside, TIME_TITLE, timesOf } from "./explorer_columns.js";

/** Draws the cells on a canvas of one pixel a cell; a gap stays transparent. */
function paintCells(canvas, data, limits) {
  const steps = coloursOf(data.colour_map);
  const ctx = canvas.getContext("2d");
  const image = ctx.createImageData(data.columns, data.rows);
  data.values.forEach((values, row) =>
    values.forEach((value, column) => {
      if (value === null) return;
      const colour = [...steps[stepOf(value, limits, steps.length)], 255];
      image.data.set(colour, 4 * (row * data.columns + column));
    }),
  );
  ctx.putImageData(image, 0, 0);
}

/** The values and the text for a point of a section, at the middle of its cell. */
export function readSection(data, { middles, begins, ends }, { x, y }) {
  const column = columnAt(begins, ends, x);
  const row = Math.floor(y / data.bin_m);
  if (column < 0 || row < 0 || row >= data.rows) return { x, y, text: `${moment(x)}, ${y.toFixed(1)} m: ${NO_DATA}` };
  const value = data.values[row][column];
  const at = `${moment(middles[column])}, ${data.depth_m[row]} m, profile ${data.profile[column]}`;
  const text = value === null ? NO_DATA : withUnit(value, displayUnit(data.unit));
  return { x: middles[column], y: data.depth_m[row], text: `${at}: ${text}` };
}

/** A section as the content of a plot. */
export function section(data, title) {
  const unit = displayUnit(data.unit);
  const times = timesOf(data);
  const cells = document.createElement("canvas");
  cells.width = data.columns;
  cells.height = data.rows;
  return {
    title: `${titled(displayName(data.variable), unit)} · ${title}`,
    axes: {
      x: { title: TIME_TITLE, isTime: true, extent: times.extent },
      y: { title: "Depth (m)", isDownward: true, extent: [0, data.bottom_m] },
      colours: { title: unit, label: titled("Colours", unit), map: data.colour_map, extent: data.limits },
    },
    opensProfiles: true,
    draw(ctx, plot) {
      paintCells(cells, data, plot.view.colours);
      ctx.imageSmoothingEnabled = false; // Cells have edges; a gap stays a gap.
      const [top, bottom] = [plot.toY(0), plot.toY(data.bottom_m)];
      times.begins.forEach((begin, column) => {
        const left = plot.toX(begin);
        const width = Math.max(plot.toX(times.ends[column]) - left, 0.75);
        if (left + width < plot.at.left || left > plot.at.right) return;
        ctx.drawImage(cells, column, 0, 1, data.rows, left, top, width, bottom - top);
      });
    },
    read: (point) => readSection(data, times, point),
    step({ x, y }, right, below) {
      const row = Math.min(data.rows - 1, Math.max(0, Math.floor(y / data.bin_m) + below));
      return { x: times.middles[columnBeside(times.middles, x, right)], y: data.depth_m[row] };
    },
  };
}
