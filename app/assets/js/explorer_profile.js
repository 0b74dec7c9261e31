// One variable of one profile against depth, as the content of a plot: its samples, joined from one to the next.
import { minMax, roomAround } from "./explorer_range.js";
import { displayName, displayUnit, minus, NO_DATA, titled, withUnit } from "./explorer_text.js";

/** A gap in depth that is longer than this interrupts the line, m: five times the median step, at least 2.5 m. */
export function longestStep(steps) {
  const median = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  return 5 * Math.max(median, 0.5);
}

export function profileContent(name, samples, deepest) {
  const { unit, values } = samples.columns[name];
  const points = values
    .map((value, i) => [value, samples.depth_m[i]])
    .filter(([value, depth]) => value !== null && depth !== null);
  const [low, high] = minMax(points.map(([value]) => value));
  const room = roomAround(low, high);
  const steps = points.slice(1).map(([, depth], i) => Math.abs(depth - points[i][1]));
  const gap = longestStep(steps);
  const nearest = (y) => {
    const distance = (i) => Math.abs(points[i][1] - y);
    return points.reduce((best, _, i) => (distance(i) < distance(best) ? i : best), 0);
  };
  return {
    title: displayName(name),
    axes: {
      x: {
        title: titled(displayName(name), displayUnit(unit)),
        extent: points.length ? [low - room, high + room] : [0, 1],
      },
      y: { title: "Depth (m)", isDownward: true, extent: [Math.min(0, ...points.map(([, depth]) => depth)), deepest] },
    },
    draw(ctx, plot) {
      ctx.strokeStyle = plot.colours.graphic;
      ctx.fillStyle = plot.colours.graphic;
      ctx.lineWidth = 1.25;
      ctx.beginPath();
      points.forEach(([value, depth], i) => {
        const isJoined = i > 0 && steps[i - 1] <= gap;
        ctx[isJoined ? "lineTo" : "moveTo"](plot.toX(value), plot.toY(depth));
      });
      ctx.stroke();
      for (const [value, depth] of points) ctx.fillRect(plot.toX(value) - 1.5, plot.toY(depth) - 1.5, 3, 3);
    },
    read({ x, y }) {
      if (!points.length) return { x, y, text: NO_DATA };
      const [value, depth] = points[nearest(y)];
      const text = `${displayName(name)} at ${minus(depth)} m: ${withUnit(value, displayUnit(unit))}`;
      return { x: value, y: depth, text };
    },
    step({ x, y }, _, below) {
      const further = points.filter(([, depth]) => (depth - y) * below > 0);
      const [next] = further.sort((a, b) => (a[1] - b[1]) * below);
      return next ? { x: next[0], y: next[1] } : { x, y };
    },
  };
}
