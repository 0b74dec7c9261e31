// The colour maps of cmocean in 64 steps, as in the images.
import tables from "../../domain/data/colours.json" with { type: "json" };

const parsed = new Map();

function parse(table) {
  const channel = (colour, at) => parseInt(colour.slice(at, at + 2), 16);
  return table.match(/.{6}/g).map((colour) => [0, 2, 4].map((at) => channel(colour, at)));
}

/** The name of the part of a map for points: its colours contrast with the ground of the theme. */
export function pointMap(map) {
  const isDark = globalThis.document?.documentElement.dataset.bsTheme === "dark";
  return `${map}_on_${isDark ? "dark" : "light"}`;
}

/** The colours of a map as [red, green, blue] each; those of `thermal` for an unknown map. */
export function coloursOf(map) {
  if (!parsed.has(map)) parsed.set(map, parse(tables[map] ?? tables.thermal));
  return parsed.get(map);
}

/** The index of a value's step among `count`; values outside the limits have the step of the nearer limit. */
export function stepOf(value, [low, high], count) {
  return Math.min(count - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * count)));
}

export const css = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;
