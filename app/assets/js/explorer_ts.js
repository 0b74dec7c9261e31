// The T-S diagram: temperature against salinity, coloured by depth or along the mission, with lines of equal density.
import { coloursOf, css, stepOf } from "./explorer_colours.js";
import { said } from "./explorer_section.js";
import { minus, numberTicks, titled, unitShown } from "./explorer_ticks.js";

const POINT_PX = 3;
const REACH_PX = 12; // How far from a point the pointer may be and still mean it.

const polynomial = (factors, t) => factors.reduce((sum, factor) => sum * t + factor, 0);

/** Density at the surface less 1000, kg m-3, by EOS-80 (UNESCO technical papers in marine science 44, p. 17). */
export function sigma(salinity, t) {
  const s = Math.max(salinity, 0);
  const pure = polynomial([6.536332e-9, -1.120083e-6, 1.001685e-4, -9.09529e-3, 6.793952e-2, 999.842594], t);
  const linear = polynomial([5.3875e-9, -8.2467e-7, 7.6438e-5, -4.0899e-3, 8.24493e-1], t);
  const bent = polynomial([-1.6546e-6, 1.0227e-4, -5.72466e-3], t);
  return pure + linear * s + bent * s ** 1.5 + 4.8314e-4 * s ** 2 - 1000;
}

/** The salinity at which water of this temperature has this density: density grows with salinity everywhere. */
function salinityOf(density, t, [low, high]) {
  if (sigma(low, t) > density || sigma(high, t) < density) return null;
  let [a, b] = [low, high];
  for (let i = 0; i < 30; i++) {
    const middle = (a + b) / 2;
    if (sigma(middle, t) < density) a = middle;
    else b = middle;
  }
  return (a + b) / 2;
}

const finite = (values) => values.filter((value) => value !== null);
function whole(values, share = 0.03) {
  const [low, high] = finite(values).reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );
  if (!(low < high)) return Number.isFinite(low) ? [low - 0.5, low + 0.5] : [0, 1];
  return [low - share * (high - low), high + share * (high - low)];
}

/** The diagram as the content of a plot; `colourings` are what its points may be coloured by. */
export function ts(data, title) {
  const unit = unitShown(data.temperature_unit);
  const colourings = {
    depth: {
      title: "m",
      asked: "Colours, depth (m)",
      map: "dense",
      whole: whole(data.depth_m, 0),
      values: data.depth_m,
      digits: 1,
    },
    time: {
      title: "profile",
      asked: "Colours, number of profile",
      map: "thermal",
      whole: whole(data.profile, 0),
      values: data.profile,
      digits: 0,
    },
  };
  const content = {
    title: `Temperature against salinity · ${title}`,
    axes: {
      x: { title: titled("Salinity", unitShown(data.salinity_unit)), whole: whole(data.salinity) },
      y: { title: titled("Temperature", unit), whole: whole(data.temperature) },
      colours: colourings.depth,
    },
    colourings,
    draw(ctx, plot) {
      densities(ctx, plot);
      const { map, values } = plot.axes.colours;
      const steps = coloursOf(map).map(css);
      data.salinity.forEach((salinity, i) => {
        ctx.fillStyle =
          values[i] === null ? plot.colours.muted : steps[stepOf(values[i], plot.view.colours, steps.length)];
        ctx.fillRect(
          plot.toX(salinity) - POINT_PX / 2,
          plot.toY(data.temperature[i]) - POINT_PX / 2,
          POINT_PX,
          POINT_PX,
        );
      });
    },
    read({ x, y }, plot) {
      const away = (i) =>
        Math.hypot(plot.toX(data.salinity[i]) - plot.toX(x), plot.toY(data.temperature[i]) - plot.toY(y));
      const nearest = data.salinity.reduce((best, _, i) => (away(i) < away(best) ? i : best), 0);
      const here = `salinity ${x.toFixed(2)}, ${minus(y.toFixed(2))} ${unit}`;
      if (away(nearest) > REACH_PX)
        return { x, y, text: `${here}, density ${sigma(x, y).toFixed(2)} kg m⁻³ less 1000: no sample` };
      const [salinity, temperature, depth_m] = [
        data.salinity[nearest],
        data.temperature[nearest],
        data.depth_m[nearest],
      ];
      const where = depth_m === null ? "depth unknown" : `${minus(depth_m)} m`;
      return {
        x: salinity,
        y: temperature,
        text: `Salinity ${salinity}, ${said(temperature, unit)}, ${where}, profile ${data.profile[nearest]}, density ${sigma(salinity, temperature).toFixed(2)} kg m⁻³ less 1000`,
      };
    },
  };
  return content;
}

function densities(ctx, plot) {
  const { x, y } = plot.view;
  ctx.strokeStyle = plot.colours.muted;
  ctx.fillStyle = plot.colours.muted;
  ctx.lineWidth = 0.75;
  for (const [density, text] of numberTicks([sigma(x[0], y[1]), sigma(x[1], y[0])], 8)) {
    const points = Array.from({ length: 61 }, (_, i) => y[0] + ((y[1] - y[0]) * i) / 60)
      .map((t) => [salinityOf(density, t, x), t])
      .filter(([s]) => s !== null);
    ctx.beginPath();
    points.forEach(([s, t], i) => ctx[i ? "lineTo" : "moveTo"](plot.toX(s), plot.toY(t)));
    ctx.stroke();
    const [s, t] = points.at(-1) ?? [];
    if (points.length > 3)
      plot.write(ctx, text, Math.min(plot.toX(s) - 4, plot.at.right - 4), plot.toY(t) + 9, "right", "11px");
  }
}
