// Figures as tabs: the links become tabs, each figure stands in a panel of its own, arrow keys go from one to the next.

/** Makes tabs of links to figures below `root`; calls `chosen` with the figure's id whenever the visitor takes one. */
export function tabs(root, chosen) {
  const list = root.querySelector(".section-tabs");
  const links = [...list.querySelectorAll("a")];
  const panels = links.map((link) => {
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
  });
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", "Measured variables");
  list.parentElement.setAttribute("role", "presentation"); // What it leads to is on this page now.
  list.parentElement.removeAttribute("aria-label");
  root.dataset.tabs = "on";

  const select = (index) => {
    links.forEach((link, i) => {
      link.setAttribute("aria-selected", String(i === index));
      link.tabIndex = i === index ? 0 : -1;
      panels[i].classList.toggle("is-away", i !== index);
    });
  };
  const take = (index) => {
    select(index);
    chosen(links[index].hash.slice(1));
  };
  list.addEventListener("click", (event) => {
    const index = links.indexOf(event.target.closest("a"));
    if (index < 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    take(index);
  });
  list.addEventListener("keydown", (event) => {
    const here = links.indexOf(event.target);
    const last = links.length - 1;
    const next = {
      ArrowRight: here === last ? 0 : here + 1,
      ArrowLeft: here === 0 ? last : here - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (event.key === " ") event.preventDefault();
    if (here < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === " ") take(here);
    if (next === undefined) return;
    event.preventDefault();
    links[next].focus();
    take(next);
  });
  return (id) =>
    select(
      Math.max(
        0,
        links.findIndex((link) => link.hash === `#${id}`),
      ),
    );
}
