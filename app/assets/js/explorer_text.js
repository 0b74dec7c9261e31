// How values, units and times are written in plots. Times are UTC, in milliseconds.

const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
const UNITS = { 1: "", degrees: "°", degree: "°" };
const CELSIUS = /^(deg(ree)?s?[ _]?c(elsius)?|celsius)$/i;

export const NO_DATA = "no data";

/** A number with the minus sign of typography. */
export const minus = (value) => String(value).replace("-", "−");

/** `name (unit)`, or the name alone. */
export const titled = (name, unit) => (unit ? `${name} (${unit})` : name);

/** `value unit`, with as many digits as the API gives. */
export const withUnit = (value, unit) => `${minus(value)}${unit ? ` ${unit}` : ""}`;

/** `Chlorophyll a` for `chlorophyll_a`, `Salinity, adjusted` for `salinity_adjusted`. */
export function displayName(variable) {
  const words = variable.replace("_adjusted", ", adjusted").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
}

/** `kg m⁻³` for `kg m-3`; the page writes units in the same way. */
export function displayUnit(unit) {
  const text = CELSIUS.test(unit ?? "") ? "°C" : (UNITS[unit ?? ""] ?? unit ?? "");
  const raise = (power) => [...power].map((sign) => SUPERSCRIPTS[sign]).join("");
  return text.replace(/([A-Za-z])(-?\d+)\b/g, (_, letter, power) => letter + raise(power));
}

/** `12 345`: thousands with a thin space. */
export const count = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");

/** The parts of a legend in lines of at most `most` letters, where possible. */
export function legendLines(parts, most) {
  return parts.reduce((lines, part) => {
    const joined = lines.length ? `${lines.at(-1)} · ${part}` : part;
    return joined.length <= most ? [...lines.slice(0, -1), joined] : [...lines, part];
  }, []);
}

/** `2022-12-08 11:45:52 UTC`. */
export const moment = (ms) => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
