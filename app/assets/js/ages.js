// "3 h ago" beside a <time data-age>: the server writes absolute times only, so that a cached page stays correct.

// [upper limit, unit, both in seconds, name of the unit]
const STEPS = [
  [60, 1, "s"],
  [3600, 60, "min"],
  [86_400, 3600, "h"],
  [86_400 * 60, 86_400, "days"],
  [86_400 * 730, 86_400 * 30.44, "months"],
  [Infinity, 86_400 * 365.25, "years"],
];

/** The age of a time in words; an empty string for one in the future or an invalid one. */
export function age(at, now = Date.now()) {
  const seconds = (now - at) / 1000;
  if (!(seconds >= 0)) return "";
  if (seconds < 60) return "just now";
  const [, unit, name] = STEPS.find(([limit]) => seconds < limit);
  const count = Math.floor(seconds / unit);
  return `${count}\u202f${count === 1 ? name.replace(/s$/, "") : name} ago`;
}

export function showAges(root) {
  for (const time of root.querySelectorAll("time[data-age]")) {
    const text = age(Date.parse(time.dateTime));
    let span = time.nextElementSibling;
    if (!span?.matches(".age")) {
      span = document.createElement("span");
      span.className = "age";
      time.after(" ", span);
    }
    span.textContent = text;
  }
}
