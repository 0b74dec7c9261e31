// Suggestions under the search box: names that begin like what is typed. Choosing one leads to its page on Enter.
const LEAST = 2; // One letter begins nearly every name.
const PAUSE_MS = 200; // Between two keys of somebody who types on.
const SHOWN = 5; // Of each kind: a list to glance at.

/** Fills a datalist for the box, which browsers make usable by keyboard and screen reader by themselves. */
export function suggest(box) {
  if (!box) return;
  const list = document.createElement("datalist");
  list.id = "suggestions";
  box.after(list);
  box.setAttribute("list", list.id);
  let timer;
  let asked = new AbortController();
  box.addEventListener("input", () => {
    clearTimeout(timer);
    asked.abort();
    timer = setTimeout(() => {
      asked = new AbortController();
      fill(list, box, asked.signal);
    }, PAUSE_MS);
  });
}

async function fill(list, box, signal) {
  const text = box.value.trim();
  if (text.length < LEAST) return list.replaceChildren();
  try {
    const answer = await fetch(`${box.dataset.suggest}?${new URLSearchParams({ q: text, limit: SHOWN })}`, { signal });
    if (!answer.ok) return;
    const { items } = await answer.json();
    list.replaceChildren(...items.map(option));
  } catch {
    // Without suggestions the box still searches.
  }
}

function option({ title, kind }) {
  const element = document.createElement("option");
  element.value = title;
  element.label = `${title} (${kind})`;
  return element;
}
