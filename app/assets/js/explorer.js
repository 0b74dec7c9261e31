// Draws a mission's measurements anew, with axes that the reader changes. Loaded when somebody asks for it.
import { range, readAddress, writeAddress } from "./explorer_address.js";
import { button, choice, element, fields } from "./explorer_form.js";
import { gestures } from "./explorer_gestures.js";
import { Plot } from "./explorer_plot.js";
import { Browser } from "./explorer_profiles.js";
import { section, series } from "./explorer_section.js";
import { json } from "./api.js";
import { ts } from "./explorer_ts.js";

const root = document.querySelector("[data-sections]");
const HOW =
  "Drag a box to zoom; on a touch screen pinch, and push sideways. With the plot in focus: the wheel and + − zoom, 0 shows all, arrows read values, with Shift they move the view.";
const NO_VIEW = { x: null, y: null, colours: null, by: null };
const built = new Map();

/** The plot of a figure with its form and its read-out, from the arrays of the API. */
async function build(figure) {
  const data = await json(figure.dataset.src);
  const kind = "ts" in figure.dataset ? ts : data.kind === "series" ? series : section;
  const content = kind(data, root.dataset.title);
  const canvas = element("canvas", {
    tabindex: "0",
    role: "application",
    "aria-label": `${content.title}; arrow keys read values, plus and minus zoom`,
    "data-plot": "",
  });
  const said = element("p", { class: "read-out", role: "status", "data-read-out": "" });
  const wrong = element("p", { class: "wrong", role: "alert" });
  const panel = element("div", { class: "explorer" }, element("div", { class: "plot" }, canvas), said);
  figure.querySelector("figcaption").before(panel);
  const plot = new Plot(canvas, content);
  const pointed = (values) => {
    plot.mark = values?.inside ? content.read(values, plot) : null;
    said.textContent = plot.mark?.text ?? "";
    plot.later();
  };
  const picked = (values) => {
    const browser = root.querySelector("[data-profile-browser]");
    if (!content.picks || !browser) return;
    browser.dataset.at = String((plot.mark ?? values).x);
    if (built.has(browser)) built.get(browser).at(Number(browser.dataset.at));
    browser.dispatchEvent(new Event("open-part"));
  };
  gestures(plot, { pointed, picked });

  const colouring =
    content.colourings &&
    choice(
      "Points coloured by",
      [
        ["depth", "Depth"],
        ["time", "Time (number of profile)"],
      ],
      (by) => colourBy(by),
    );
  const colourBy = (by) => {
    plot.axes.colours = content.colourings[by];
    plot.view.colours = [...plot.axes.colours.whole];
    colouring.select.value = by;
    plot.changed();
  };
  const refused = (text) => (wrong.textContent = text);
  const form = fields(plot, refused);
  if (colouring) form.append(colouring.field);
  const reset = () => {
    if (colouring) colourBy("depth");
    refused("");
    plot.reset();
  };
  const keep = button("Save as PNG", () => save(canvas, figure));
  keep.dataset.save = "";
  const buttons = element("p", { class: "plot-buttons" }, button("Reset", reset), keep);
  panel.append(form, wrong, buttons, element("p", { class: "muted small" }, HOW));

  const wanted = () => restore(plot, colouring && colourBy);
  const told = () => panel.hidden || remember(figure, plot);
  wanted();
  plot.listeners.push(told);
  figure.addEventListener("tab-shown", told);
  return { panel, wanted, told };
}

function restore(plot, colourBy) {
  const { said } = readAddress();
  if (said.by === "time") colourBy?.("time");
  plot.show({ x: range(said.x, plot.axes.x.isTime), y: range(said.y), colours: range(said.colours) });
}

/** The view in the address, as far as it is not the first one. */
function remember(figure, plot) {
  const text = (name) => {
    if (!plot.view[name] || plot.untouched(name)) return null;
    return plot.view[name]
      .map((end) => (plot.axes[name].isTime ? new Date(end).toISOString() : Number(end.toPrecision(7))))
      .join(",");
  };
  const by = plot.content.colourings && plot.axes.colours !== plot.content.colourings.depth ? "time" : null;
  writeAddress(figure.id, { x: text("x"), y: text("y"), colours: text("colours"), by });
}

function save(canvas, figure) {
  canvas.toBlob((blob) => {
    const link = element("a", {
      href: URL.createObjectURL(blob),
      download: `${root.dataset.file}_${figure.dataset.variable ?? "ts"}_view.png`,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // The browser reads it while it saves.
  }, "image/png");
}

async function openFigure(figure, open) {
  const first = open && !built.has(figure);
  if (first) built.set(figure, await build(figure));
  const { panel, wanted, told } = built.get(figure) ?? {};
  if (!panel) return;
  figure.classList.toggle("is-explored", open);
  panel.hidden = !open;
  const { said } = readAddress();
  if (!open) writeAddress(figure.id, NO_VIEW);
  else if (!first && (said.x || said.y || said.colours || said.by)) wanted();
  else told();
}

async function openProfiles(host, open) {
  const browser = built.get(host) ?? new Browser(host);
  browser.panel.hidden = !open;
  if (built.has(host) || !open) return;
  built.set(host, browser);
  await (host.dataset.at ? browser.at(Number(host.dataset.at)) : browser.start());
}

document.addEventListener("explore", ({ detail: { host, open, word, done, failed } }) => {
  (word === "profiles" ? openProfiles : openFigure)(host, open).then(done, failed);
});
