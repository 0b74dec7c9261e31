// Figures as tabs: the links become tabs, each figure gets a panel, arrow keys move from one tab to the next.

/** The index of the tab that a key moves to from the tab `here`; undefined for other keys. */
export function tabAfterKey(key, here, count) {
  const last = count - 1;
  const targets = {
    ArrowRight: here === last ? 0 : here + 1,
    ArrowLeft: here === 0 ? last : here - 1,
    Home: 0,
    End: last,
  };
  return targets[key];
}

/** Moves the figure of a link into a panel and gives both their roles; returns the panel. */
function panelOf(link) {
  const id = link.hash.slice(1);
  const figure = document.getElementById(id);
  const panel = document.createElement("div");
  panel.id = `${id}-panel`;
  panel.setAttribute("role", "tabpanel");
  link.id = `${id}-tab`;
  panel.setAttribute("aria-labelledby", link.id);
  figure.before(panel);
  panel.append(figure);
  link.setAttribute("role", "tab");
  link.setAttribute("aria-controls", panel.id);
  link.parentElement.setAttribute("role", "presentation");
  return panel;
}

/**
 * Makes tabs of the links to figures below `root`. `onChoose` receives the figure's id when the visitor chooses a tab.
 * Returns a function that selects the tab of an id, the first one for an unknown id, without calling `onChoose`.
 */
export function tabs(root, onChoose) {
  const list = root.querySelector(".section-tabs");
  const links = [...list.querySelectorAll("a")];
  const panels = links.map(panelOf);
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", "Measured variables");
  list.parentElement.setAttribute("role", "presentation"); // The links no longer navigate.
  list.parentElement.removeAttribute("aria-label");
  root.dataset.tabs = "on";

  const select = (index) => {
    links.forEach((link, i) => {
      link.setAttribute("aria-selected", String(i === index));
      link.tabIndex = i === index ? 0 : -1;
      panels[i].classList.toggle("is-away", i !== index);
    });
  };
  const choose = (index) => {
    select(index);
    onChoose(links[index].hash.slice(1));
  };
  list.addEventListener("click", (event) => {
    const index = links.indexOf(event.target.closest("a"));
    if (index < 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(index);
  });
  list.addEventListener("keydown", (event) => {
    const here = links.indexOf(event.target);
    const isChoice = event.key === " ";
    const next = isChoice ? here : tabAfterKey(event.key, here, links.length);
    if (isChoice) event.preventDefault(); // The space bar would scroll the page.
    if (here < 0 || next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    links[next].focus();
    choose(next);
  });
  const indexOf = (id) => links.findIndex((link) => link.hash === `#${id}`);
  return (id) => select(Math.max(0, indexOf(id)));
}
