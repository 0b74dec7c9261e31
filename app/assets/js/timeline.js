// The time slider: two handles over the span of the data; at its end a handle sets no bound.

const DAY_MS = 86_400_000;
const NAMES = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

const dayOf = (text) => Math.floor(Date.parse(text) / DAY_MS);
const isoDay = (day) => new Date(day * DAY_MS).toISOString().slice(0, 10);
const named = (day) => NAMES.format(new Date(day * DAY_MS));

/**
 * Makes the slider in `box` work. `given` is {from, to} as days in ISO or empty. `moved` hears of each step with
 * {from, to} as milliseconds, or null where there is no bound; `settled` when a handle is let go, with days in ISO.
 */
export function timeline(box, given, { moved, settled }) {
  const [low, high] = box.querySelectorAll("input[type=range]");
  const text = box.querySelector("output");
  const all = box.querySelector("button");
  const first = dayOf(box.dataset.from);
  const days = Math.max(1, dayOf(box.dataset.to) - first);
  // A key press moves a handle by a step: by a week where the span is long.
  const step = days > 1500 ? 7 : 1;
  const last = Math.ceil(days / step) * step;
  const inside = (day) => Math.min(last, Math.max(0, Math.round((day - first) / step) * step));
  for (const handle of [low, high]) Object.assign(handle, { min: 0, max: last, step });
  low.value = given.from ? inside(dayOf(given.from)) : 0;
  high.value = given.to ? inside(dayOf(given.to)) : last;

  const from = () => (Number(low.value) === 0 ? null : first + Number(low.value));
  const to = () => (Number(high.value) === last ? null : first + Number(high.value));

  function show() {
    const start = first + Number(low.value);
    const end = Math.min(first + Number(high.value), first + days);
    low.setAttribute("aria-valuetext", named(start));
    high.setAttribute("aria-valuetext", named(end));
    text.value = `${named(start)} to ${named(end)}`;
    all.hidden = from() === null && to() === null;
    box.style.setProperty("--low", Number(low.value) / last);
    box.style.setProperty("--high", Number(high.value) / last);
  }
  function move({ target }) {
    // Handles push each other instead of crossing.
    if (Number(low.value) > Number(high.value)) (target === low ? high : low).value = target.value;
    show();
    moved({ from: from() === null ? null : from() * DAY_MS, to: to() === null ? null : (to() + 1) * DAY_MS });
  }
  const settle = () => settled({ from: from() === null ? "" : isoDay(from()), to: to() === null ? "" : isoDay(to()) });
  for (const handle of [low, high]) {
    handle.addEventListener("input", move);
    handle.addEventListener("change", settle);
  }
  all.addEventListener("click", () => {
    low.value = 0;
    high.value = last;
    move({ target: low });
    low.focus(); // The button goes.
    settle();
  });
  show();
  box.hidden = false;
}
