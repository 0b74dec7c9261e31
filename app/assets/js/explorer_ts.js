// The T-S diagram: temperature against salinity, coloured by depth or along the mission, with lines of equal density.
import { coloursOf, css, pointMap, stepOf } from "./explorer_colours.js";
import { densityRange, overlap, salinityAt, sigmaAt } from "./explorer_isopycnals.js";
import { extentOf, minMax, robustRange, roundedOutwards } from "./explorer_range.js";
import { count, displayName, displayUnit, minus, titled, withUnit } from "./explorer_text.js";
import { numberTicks } from "./explorer_ticks.js";

const POINT_PX = 3;
const REACH_PX = 12; // The largest distance at which the pointer still reads a point.
const HOLLOW_PX = 4; // The side of a flagged point.
const AXIS_MARGIN = 0.03;
const LABEL_LETTER_PX = 6; // The width of a digit on a line of equal density.
const LABEL_DISTANCE_PX = 12; // The least distance of its label from the axes.

/** The density as the end of a read-out; empty where it is unknown. */
function densityText(grid, salinity, temperature) {
  const sigma0 = sigmaAt(grid, salinity, temperature);
  return sigma0 === null ? "" : `, σ₀ ${minus(sigma0.toFixed(2))} kg m⁻³`;
}

/** The values by which points can be coloured, the first at first; depth only if some are known. */
function colouringsOf(data) {
  const depth = {
    title: "m",
    label: "Colours, depth (m)",
    // Read for each drawing: the theme may change.
    get map() {
      return pointMap("dense");
    },
    extent: [0, Math.max(1, Math.ceil(minMax(data.depth_m)[1]))],
    values: data.depth_m,
    digits: 1,
  };
  return {
    ...(data.depth_m.some((depth_m) => depth_m !== null) && { depth }),
    time: {
      title: "profile",
      label: "Colours, number of profile",
      get map() {
        return pointMap("thermal");
      },
      extent: extentOf(data.profile, 0),
      values: data.profile,
      digits: 0,
    },
  };
}

/** An axis over the values that begins without outliers. */
function axisOf(values, text) {
  const extent = roundedOutwards(extentOf(values, AXIS_MARGIN));
  return { title: text, extent, initial: roundedOutwards(robustRange(values, extent)) };
}

/** How many samples the first view leaves out; empty if none. The help of the controls names the key to show them. */
function outsideText(data, { x, y }) {
  const isInside = (value, { initial: [low, high] }) => value >= low && value <= high;
  const outside = data.salinity.filter((salinity, i) => !isInside(salinity, x) || !isInside(data.temperature[i], y));
  const samples = data.salinity.length === 1 ? "sample" : "samples";
  const lie = outside.length === 1 ? "lies" : "lie";
  const share = `${count(outside.length)} of ${count(data.salinity.length)}`;
  return outside.length && `${share} ${samples} ${lie} outside these axes.`;
}

/** How many samples are drawn, and what grey points and lines mean. */
function marksOf(data, isByDepth) {
  const { flagged_points: flagged } = data;
  const share = (drawn, total, what) => (drawn < total ? [`${count(drawn)} of ${count(total)} ${what} drawn`] : []);
  const unknown = data.depth_m.filter((depth_m) => depth_m === null).length;
  return [
    ...share(data.count, data.pairs, "good samples"),
    ...(flagged ? share(flagged.count, data.flagged, "flagged ones") : []),
    ...(isByDepth && unknown ? [`Grey: depth unknown (${count(unknown)})`] : []),
    ...(data.density ? ["Lines: potential density anomaly σ₀ (TEOS-10), kg m⁻³"] : []),
  ];
}

/** The diagram as the content of a plot; `colourings` holds the values by which its points can be coloured. */
export function ts(data, title) {
  const unit = displayUnit(data.temperature_unit);
  const colourings = colouringsOf(data);
  const axes = {
    x: axisOf(data.salinity, titled(displayName(data.salinity_variable), displayUnit(data.salinity_unit))),
    y: axisOf(data.temperature, titled(displayName(data.temperature_variable), unit)),
    colours: Object.values(colourings)[0],
  };
  return {
    title: `T-S diagram · ${title}`,
    marks: (plot) => marksOf(data, plot.axes.colours === colourings.depth),
    note: outsideText(data, axes),
    axes,
    colourings,
    hasPoints: true,
    draw(ctx, plot) {
      drawDensities(ctx, plot, data.density);
      const { map, values } = plot.axes.colours;
      const steps = coloursOf(map).map(css);
      const colourOf = (value) => steps[stepOf(value, plot.view.colours, steps.length)];
      // Points of unknown depth lie below the others.
      const order = [...values.keys()].sort((one, other) => (values[one] !== null) - (values[other] !== null));
      order.forEach((i) => {
        const [x, y] = [plot.toX(data.salinity[i]), plot.toY(data.temperature[i])];
        ctx.fillStyle = values[i] === null ? plot.colours.muted : colourOf(values[i]);
        ctx.fillRect(x - POINT_PX / 2, y - POINT_PX / 2, POINT_PX, POINT_PX);
      });
      drawFlagged(ctx, plot, data.flagged_points);
    },
    read({ x, y }, plot) {
      const [left, top] = [plot.toX(x), plot.toY(y)];
      const distance = (i) => Math.hypot(plot.toX(data.salinity[i]) - left, plot.toY(data.temperature[i]) - top);
      const nearest = data.salinity.reduce((best, _, i) => (distance(i) < distance(best) ? i : best), 0);
      if (distance(nearest) > REACH_PX) {
        const here = `salinity ${x.toFixed(2)}, ${minus(y.toFixed(2))} ${unit}`;
        return { x, y, text: `${here}${densityText(data.density, x, y)}: no sample` };
      }
      const [salinity, temperature] = [data.salinity[nearest], data.temperature[nearest]];
      const depth_m = data.depth_m[nearest];
      const depth = depth_m === null ? "depth unknown" : `${minus(depth_m)} m`;
      const sample = `Salinity ${salinity}, ${withUnit(temperature, unit)}, ${depth}, profile ${data.profile[nearest]}`;
      return { x: salinity, y: temperature, text: `${sample}${densityText(data.density, salinity, temperature)}` };
    },
  };
}

/** Samples of which a value is flagged as bad, hollow. */
function drawFlagged(ctx, plot, points) {
  ctx.strokeStyle = plot.colours.ink;
  ctx.lineWidth = 0.75;
  points?.salinity.forEach((salinity, i) => {
    const [x, y] = [plot.toX(salinity), plot.toY(points.temperature[i])];
    ctx.strokeRect(x - HOLLOW_PX / 2, y - HOLLOW_PX / 2, HOLLOW_PX, HOLLOW_PX);
  });
}

/** True if a label that ends at (x, y) is far enough from the numbers of the axes not to be read with them. */
export const hasRoom = ({ left, bottom }, x, y, text) =>
  x - text.length * LABEL_LETTER_PX >= left + LABEL_DISTANCE_PX && y <= bottom - LABEL_DISTANCE_PX;

function drawDensities(ctx, plot, grid) {
  const { x, y } = plot.view;
  const densities = densityRange(grid, x, y);
  if (!densities) return;
  const [cold, warm] = overlap(y, grid.temperature);
  ctx.strokeStyle = plot.colours.muted;
  ctx.fillStyle = plot.colours.muted;
  ctx.lineWidth = 0.75;
  for (const [density, text] of numberTicks(densities, 8)) {
    const points = Array.from({ length: 61 }, (_, i) => cold + ((warm - cold) * i) / 60)
      .map((t) => [salinityAt(grid, density, t, x), t])
      .filter(([s]) => s !== null);
    ctx.beginPath();
    points.forEach(([s, t], i) => ctx[i ? "lineTo" : "moveTo"](plot.toX(s), plot.toY(t)));
    ctx.stroke();
    const [s, t] = points.at(-1) ?? [];
    const [end, middle] = [Math.min(plot.toX(s), plot.at.right) - 4, plot.toY(t) + 9];
    if (points.length > 3 && hasRoom(plot.at, end, middle, text)) plot.write(ctx, text, end, middle, "right", "11px");
  }
}
