// The time slider: two handles over the time span of the data.
import { boundDays, boundFilters, boundTimes, handleAt, isoDay, timelineScale } from "./timeline_scale.js";

/**
 * Starts the slider in `box`. `initial` is {from, to} as days in ISO 8601, or empty. `onMove` receives each step as
 * {from, to} in milliseconds, null where there is no bound; `onSettle` receives days in ISO 8601 on release.
 */
export function timeline(box, initial, { onMove, onSettle }) {
  const [low, high] = box.querySelectorAll("input[type=range]");
  const output = box.querySelector("output");
  const all = box.querySelector("button");
  const scale = timelineScale(box.dataset.from, box.dataset.to);
  const { first, days, step, last } = scale;
  for (const handle of [low, high]) Object.assign(handle, { min: 0, max: last, step });
  low.value = initial.from ? handleAt(scale, initial.from) : 0;
  high.value = initial.to ? handleAt(scale, initial.to) : last;

  const bounds = () => boundDays(scale, Number(low.value), Number(high.value));

  function show() {
    const { from, to } = bounds();
    const start = first + Number(low.value);
    const end = Math.min(first + Number(high.value), first + days);
    low.setAttribute("aria-valuetext", isoDay(start));
    high.setAttribute("aria-valuetext", isoDay(end));
    output.value = `${isoDay(start)} to ${isoDay(end)}`;
    all.hidden = from === null && to === null;
    box.style.setProperty("--low", Number(low.value) / last);
    box.style.setProperty("--high", Number(high.value) / last);
  }
  function move({ target }) {
    // Handles push each other instead of crossing.
    if (Number(low.value) > Number(high.value)) (target === low ? high : low).value = target.value;
    show();
    onMove(boundTimes(bounds()));
  }
  const settle = () => onSettle(boundFilters(bounds()));
  for (const handle of [low, high]) {
    handle.addEventListener("input", move);
    handle.addEventListener("change", settle);
  }
  all.addEventListener("click", () => {
    low.value = 0;
    high.value = last;
    move({ target: low });
    low.focus(); // The button is hidden now and would lose the focus.
    settle();
  });
  show();
  box.hidden = false;
}
