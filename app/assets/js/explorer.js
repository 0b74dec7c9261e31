// Plots of a mission's measurements with axes that the visitor changes. This script loads on the first request for one.
import { json } from "./api.js";
import { parseRange, readAddress, writeAddress } from "./explorer_address.js";
import { button, choice, element, fields } from "./explorer_form.js";
import { gestures } from "./explorer_gestures.js";
import { Plot } from "./explorer_plot.js";
import { ProfileBrowser } from "./explorer_profiles.js";
import { section } from "./explorer_section.js";
import { series } from "./explorer_series.js";
import { ts } from "./explorer_ts.js";

const root = document.querySelector("[data-sections]");
const HELP = [
  "Drag a box to zoom; on a touch screen pinch, and push sideways.",
  "With the plot in focus: the wheel and + − zoom, 0 shows all, arrows read values, with Shift they move the view.",
].join(" ");
const NO_VIEW = { x: null, y: null, colours: null, by: null };
const COLOURINGS = [
  ["depth", "Depth"],
  ["time", "Time (number of profile)"],
];
const built = new Map(); // What was built for each figure, and the profile browser, by their element.

/** The plot of a figure with its form and its read-out, from the arrays of the API. */
async function build(figure) {
  const data = await json(figure.dataset.src);
  const contentOf = "ts" in figure.dataset ? ts : data.kind === "series" ? series : section;
  const content = contentOf(data, root.dataset.title);
  const canvas = element("canvas", {
    tabindex: "0",
    role: "application",
    "aria-label": `${content.title}; arrow keys read values, plus and minus zoom`,
    "data-plot": "",
  });
  const readOut = element("p", { class: "read-out", role: "status", "data-read-out": "" });
  const error = element("p", { class: "wrong", role: "alert" });
  const panel = element("div", { class: "explorer" }, element("div", { class: "plot" }, canvas), readOut);
  figure.querySelector("figcaption").before(panel);
  const plot = new Plot(canvas, content);
  startGestures(plot, readOut);
  const colouring = content.colourings && startColouring(plot);

  const onError = (text) => (error.textContent = text);
  const form = fields(plot, onError);
  if (colouring) form.append(colouring.field);
  const reset = () => {
    colouring?.colourBy("depth");
    onError("");
    plot.reset();
  };
  const savePng = button("Save as PNG", () => save(canvas, figure));
  savePng.dataset.save = "";
  const buttons = element("p", { class: "plot-buttons" }, button("Reset", reset), savePng);
  if (content.note) panel.append(element("p", { class: "small", "data-note": "" }, content.note));
  panel.append(form, error, buttons, element("p", { class: "muted small" }, HELP));

  const readView = () => restoreView(plot, colouring);
  const writeView = () => panel.hidden || storeView(figure, plot);
  readView();
  plot.listeners.push(writeView);
  figure.addEventListener("tab-shown", writeView);
  return { panel, readView, writeView };
}

/** Shows values under the pointer; a chosen point opens the profile browser at its time. */
function startGestures(plot, readOut) {
  const { content } = plot;
  const onPoint = (values) => {
    plot.mark = values?.isInside ? content.read(values, plot) : null;
    readOut.textContent = plot.mark?.text ?? "";
    plot.scheduleDraw();
  };
  const onPick = (values) => {
    const browser = root.querySelector("[data-profile-browser]");
    if (!content.opensProfiles || !browser) return;
    browser.dataset.at = String((plot.mark ?? values).x);
    built.get(browser)?.showAt(Number(browser.dataset.at));
    browser.dispatchEvent(new Event("open-part"));
  };
  gestures(plot, { onPoint, onPick });
}

/** The select for the colours of points; `colourBy` changes them. */
function startColouring(plot) {
  const colourBy = (by) => {
    plot.axes.colours = plot.content.colourings[by];
    plot.view.colours = [...plot.axes.colours.extent];
    select.value = by;
    plot.notify();
  };
  const { select, field } = choice("Points coloured by", COLOURINGS, colourBy);
  return { field, colourBy };
}

function restoreView(plot, colouring) {
  const { state } = readAddress();
  if (state.by === "time") colouring?.colourBy("time");
  const [x, y] = [parseRange(state.x, plot.axes.x.isTime), parseRange(state.y)];
  plot.show({ x, y, colours: parseRange(state.colours) });
}

/** Writes the view into the address, without the axes that show their whole extent. */
function storeView(figure, plot) {
  const format = (name, bound) =>
    plot.axes[name].isTime ? new Date(bound).toISOString() : Number(bound.toPrecision(7));
  const text = (name) => {
    if (!plot.view[name] || plot.isInitial(name)) return null;
    return plot.view[name].map((bound) => format(name, bound)).join(",");
  };
  const { colourings } = plot.content;
  const by = colourings && plot.axes.colours !== colourings.depth ? "time" : null;
  writeAddress(figure.id, { x: text("x"), y: text("y"), colours: text("colours"), by });
}

function save(canvas, figure) {
  canvas.toBlob((blob) => {
    const name = `${root.dataset.file}_${figure.dataset.variable ?? "ts"}_view.png`;
    const link = element("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // The browser still reads it while it saves.
  }, "image/png");
}

async function openFigure(figure, isOpen, isQuiet) {
  const isFirst = isOpen && !built.has(figure);
  if (isFirst) built.set(figure, await build(figure));
  const { panel, readView, writeView } = built.get(figure) ?? {};
  if (!panel) return;
  figure.classList.toggle("is-explored", isOpen);
  panel.hidden = !isOpen;
  const { state } = readAddress();
  if (!isOpen) writeAddress(figure.id, NO_VIEW);
  else if (!isFirst && (state.x || state.y || state.colours || state.by)) readView();
  else if (!isQuiet) writeView();
}

async function openProfiles(host, isOpen) {
  const browser = built.get(host) ?? new ProfileBrowser(host);
  browser.panel.hidden = !isOpen;
  if (built.has(host) || !isOpen) return;
  built.set(host, browser);
  await (host.dataset.at ? browser.showAt(Number(host.dataset.at)) : browser.start());
}

document.addEventListener("explore", ({ detail: { host, isOpen, part, isQuiet, resolve, reject } }) => {
  (part === "profiles" ? openProfiles : openFigure)(host, isOpen, isQuiet).then(resolve, reject);
});
