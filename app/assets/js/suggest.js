// Suggestions under the search box: names that begin with the typed text. A chosen name opens its page on Enter.
const MIN_LENGTH = 2; // Nearly every letter begins some name.
const DEBOUNCE_MS = 200; // Longer than the pause between two keys in running typing.
const LIMIT = 5; // Of each kind: a list that is read at a glance.

/** Adds a datalist to the box; browsers make it usable by keyboard and screen reader. */
export function suggest(box) {
  if (!box) return;
  const list = document.createElement("datalist");
  list.id = "suggestions";
  box.after(list);
  box.setAttribute("list", list.id);
  let timer;
  let request = new AbortController();
  box.addEventListener("input", () => {
    clearTimeout(timer);
    request.abort();
    timer = setTimeout(() => {
      request = new AbortController();
      fill(list, box, request.signal);
    }, DEBOUNCE_MS);
  });
}

async function fill(list, box, signal) {
  const text = box.value.trim();
  if (text.length < MIN_LENGTH) {
    list.replaceChildren();
    return;
  }
  try {
    const response = await fetch(`${box.dataset.suggest}?${new URLSearchParams({ q: text, limit: LIMIT })}`, {
      signal,
    });
    if (!response.ok) return;
    const { items } = await response.json();
    list.replaceChildren(...items.map(option));
  } catch {
    // The search itself works without suggestions.
  }
}

function option({ title, kind, operator_number: number }) {
  const element = document.createElement("option");
  element.value = title;
  // Browsers compare the typed text with the label, too: `M17` finds its mission.
  element.label = `${title} (${number ? `${kind} ${number}` : kind})`;
  return element;
}
