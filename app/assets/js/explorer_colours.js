// The colour maps of cmocean in 64 steps, as the pictures have them.
import tables from "../colours.json";

const parsed = new Map();

/** The colours of a map as [red, green, blue] each. */
export function coloursOf(map) {
  if (!parsed.has(map))
    parsed.set(
      map,
      (tables[map] ?? tables.thermal)
        .match(/.{6}/g)
        .map((six) => [0, 2, 4].map((at) => parseInt(six.slice(at, at + 2), 16))),
    );
  return parsed.get(map);
}

/** Which of `count` steps a value has: those outside the limits have the colours of the ends. */
export function stepOf(value, [low, high], count) {
  return Math.min(count - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * count)));
}

export const css = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;
