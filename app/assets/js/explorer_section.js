// A section: means in cells of time and depth.
import { coloursOf, stepOf } from "./explorer_colours.js";
import { displayName, displayUnit, moment, NO_DATA, titled, withUnit } from "./explorer_text.js";
import { alongOf, columnAt, columnBeside, timesOf } from "./explorer_columns.js";

/** The two rows of pixels for each row: in a cell of flagged values only, the lower one stays empty, as stripes. */
const PIXELS = 2;

/** Draws the cells on a canvas of one pixel a column; a gap stays transparent. `flagged`: keys of `cellKey`. */
function paintCells(canvas, data, limits, flagged) {
  const steps = coloursOf(data.colour_map);
  const ctx = canvas.getContext("2d");
  const image = ctx.createImageData(data.columns, data.rows * PIXELS);
  data.values.forEach((values, row) =>
    values.forEach((value, column) => {
      if (value === null) return;
      const colour = [...steps[stepOf(value, limits, steps.length)], 255];
      const lines = flagged.has(cellKey(row, column)) ? 1 : PIXELS;
      for (let line = 0; line < lines; line++)
        image.data.set(colour, 4 * ((row * PIXELS + line) * data.columns + column));
    }),
  );
  ctx.putImageData(image, 0, 0);
}

const cellKey = (row, column) => `${row}/${column}`;

/**
 * The values and the text for a point of a section, at the middle of its cell. `along`: columns along the axis;
 * `times`: the same columns in time, if the axis is another one.
 */
export function readSection(data, along, { x, y }, times = along) {
  const { middles, begins, ends } = along;
  const column = columnAt(begins, ends, x);
  const row = Math.floor(y / data.bin_m);
  if (column < 0 || row < 0 || row >= data.rows) {
    const here = times === along ? moment(x) : `${x.toFixed(1)} km`;
    return { x, y, text: `${here}, ${y.toFixed(1)} m: ${NO_DATA}` };
  }
  const value = data.values[row][column];
  const place = times === along ? "" : `, ${middles[column].toFixed(1)} km`;
  const when = `${moment(times.middles[column])}${place}`;
  const at = `${when}, ${data.depth_m[row]} m, profile ${data.profile[column]}`;
  const text = value === null ? NO_DATA : withUnit(value, displayUnit(data.unit));
  const read = { x: middles[column], y: data.depth_m[row], text: `${at}: ${text}` };
  return times === along ? read : { ...read, ms: times.middles[column] };
}

/** A section as the content of a plot, along `time` or `distance`. */
export function section(data, title, axis = "time") {
  const unit = displayUnit(data.unit);
  const times = timesOf(data);
  const along = alongOf(data, axis, times);
  const flagged = new Set((data.flagged_cells ?? []).map(([row, column]) => cellKey(row, column)));
  const cells = document.createElement("canvas");
  cells.width = data.columns;
  cells.height = data.rows * PIXELS;
  return {
    title: `${titled(displayName(data.variable), unit)} · ${title}`,
    axes: {
      x: along.axis,
      y: { title: "Depth (m)", isDownward: true, extent: [0, data.bottom_m] },
      colours: { title: unit, label: titled("Colours", unit), map: data.colour_map, extent: data.limits },
    },
    opensProfiles: true,
    draw(ctx, plot) {
      paintCells(cells, data, plot.view.colours, flagged);
      ctx.imageSmoothingEnabled = false; // Cells have edges; a gap stays a gap.
      const [top, bottom] = [plot.toY(0), plot.toY(data.bottom_m)];
      along.begins.forEach((begin, column) => {
        const left = plot.toX(begin);
        const width = Math.max(plot.toX(along.ends[column]) - left, 0.75);
        if (left + width < plot.at.left || left > plot.at.right) return;
        ctx.drawImage(cells, column, 0, 1, cells.height, left, top, width, bottom - top);
      });
    },
    read: (point) => readSection(data, along, point, axis === "distance" ? times : along),
    step({ x, y }, right, below) {
      const row = Math.min(data.rows - 1, Math.max(0, Math.floor(y / data.bin_m) + below));
      return { x: along.middles[columnBeside(along.middles, x, right)], y: data.depth_m[row] };
    },
  };
}
