// Plots of a mission's measurements with axes that the visitor changes. This script loads on the first request for one.
import { json } from "./api.js";
import { hasView, parseRange, readAddress, writeAddress } from "./explorer_address.js";
import { button, choice, element, fields } from "./explorer_form.js";
import { gestures } from "./explorer_gestures.js";
import { Plot } from "./explorer_plot.js";
import { ProfileBrowser } from "./explorer_profiles.js";
import { section } from "./explorer_section.js";
import { series } from "./explorer_series.js";
import { count } from "./explorer_text.js";
import { ts } from "./explorer_ts.js";

const root = document.querySelector("[data-sections]");
const HELP = [
  "Drag a box to zoom; on a touch screen pinch, and push sideways.",
  "With the plot in focus: the wheel and + − zoom, 0 shows all, arrows read values, with Shift they move the view.",
].join(" ");
const NO_VIEW = { x: null, y: null, colours: null, by: null, along: null, quality: null };
const COLOURINGS = [
  ["depth", "Depth"],
  ["time", "Time (number of profile)"],
];
const AXES = [
  ["time", "Time"],
  ["distance", "Distance along the track"],
];
const QUALITIES = [
  ["good", "Good values"],
  ["all", "All values"],
];
const SIZES = [2, 4]; // Times the size of the plot on the page.
const FAILED = "The measurements cannot be loaded at the moment; the plot is unchanged.";
const built = new Map(); // What was built for each figure, and the profile browser, by their element.

// What the page itself chooses.
const axisOf = (figure) => figure.dataset.axis ?? "time";
const qualityOf = (figure) => figure.dataset.quality ?? "good";

/** What the address chooses for a figure, else what the page does. */
function choiceOf(figure) {
  const { anchor, state } = readAddress();
  const own = anchor === figure.id ? state : {};
  return { along: own.along ?? axisOf(figure), quality: own.quality ?? qualityOf(figure) };
}

/** The plot of a figure with its form and its read-out, from the arrays of the API. */
async function build(figure) {
  const chosen = choiceOf(figure);
  const data = await json(figure.dataset.src + (chosen.quality === "all" ? "?quality=all" : ""));
  const contentOf = "ts" in figure.dataset ? ts : data.kind === "series" ? series : section;
  const along = data.distance_m ? chosen.along : "time";
  const content = contentOf(data, root.dataset.title, along);
  const flagged = flaggedText(data, chosen.quality);
  content.legend = (plot) => [...(flagged ? [flagged] : []), ...(content.marks?.(plot) ?? [])];
  const canvas = element("canvas", {
    tabindex: "0",
    role: "application",
    "aria-label": `${content.title}; arrow keys read values, plus and minus zoom`,
    "data-plot": "",
  });
  const readOut = element("p", { class: "read-out", role: "status", "data-read-out": "" });
  const error = element("p", { class: "wrong", role: "alert" });
  const panel = element("div", { class: "explorer" }, element("div", { class: "plot" }, canvas), readOut);
  const controls = element("div", { class: "explorer" });
  // The button that shows the controls lies between them and the plot.
  const line = figure.querySelector(".explore");
  line.before(panel);
  line.after(controls);
  const plot = new Plot(canvas, content);
  startGestures(plot, readOut);
  const colouring = content.colourings && startColouring(plot);

  const onError = (text) => (error.textContent = text);
  const form = fields(plot, onError);
  if (colouring) form.append(colouring.field);
  const reset = () => {
    colouring?.colourBy(Object.keys(content.colourings)[0]);
    onError("");
    plot.reset();
  };
  const savePng = button("Save as PNG", () => save(plot, figure));
  savePng.dataset.save = "";
  const larger = SIZES.map((size) => button(`${size}×`, () => save(plot, figure, size)));
  larger.forEach((one, i) => one.setAttribute("aria-label", `Save as PNG, ${SIZES[i]} times as large`));
  const buttons = element("p", { class: "plot-buttons" }, button("Reset", reset), savePng, ...larger);
  for (const note of [content.note, flagged])
    if (note) panel.append(element("p", { class: "small", "data-note": "" }, note));
  form.append(...choices(figure, data, { along, quality: chosen.quality }, onError));
  controls.append(form, error, buttons);
  // The legend and the caption state the same beside the plot alone.
  if (content.marks) controls.append(marksNote(plot));
  controls.append(element("p", { class: "muted small" }, HELP));

  const readView = () => restoreView(plot, colouring);
  const writeView = () => panel.hidden || storeView(figure, plot);
  readView();
  plot.listeners.push(writeView);
  figure.addEventListener("tab-shown", writeView);
  return { panel, controls, readView, writeView };
}

/** What the marks of the plot mean, as a text that follows its colours. */
function marksNote(plot) {
  const note = element("p", { class: "small", "data-marks": "" });
  const update = () => (note.textContent = plot.content.marks(plot).join(" · "));
  plot.listeners.push(update);
  update();
  return note;
}

/** What the plot does with flagged values; empty without any. */
function flaggedText({ flagged, kind }, quality) {
  if (!flagged) return "";
  if (quality === "good") return `Good values only: ${count(flagged)} flagged as bad, not drawn.`;
  const mark = kind === "section" ? "Striped cells have" : "Hollow points are";
  return `All values, ${count(flagged)} of them flagged as bad. ${mark} flagged values only.`;
}

/** The selects for the axis and the values, where there is a choice. */
function choices(figure, data, { along, quality }, onError) {
  const select = (name, label, options, value) => {
    const chosenBy = (text) => {
      const { along: axis, quality: values } = { along, quality, [name]: text };
      const changes = {
        along: axis === axisOf(figure) ? null : axis,
        quality: values === qualityOf(figure) ? null : values,
      };
      writeAddress(figure.id, { ...NO_VIEW, ...changes });
      rebuild(figure, name).catch(() => onError(FAILED));
    };
    const { select: list, field } = choice(label, options, chosenBy);
    list.value = value;
    list.dataset.choice = name;
    return field;
  };
  return [
    ...(data.distance_m ? [select("along", "Axis", AXES, along)] : []),
    ...(data.flagged ? [select("quality", "Values", QUALITIES, quality)] : []),
  ];
}

/** Builds the plot of a figure again after a choice; the focus stays on its select. */
async function rebuild(figure, name) {
  const { panel, controls } = built.get(figure);
  const fresh = await build(figure);
  panel.hidden = true; // Its listeners then write no address.
  panel.remove();
  controls.remove();
  built.set(figure, fresh);
  fresh.controls.querySelector(`[data-choice="${name}"]`)?.focus();
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
    const { ms, x } = plot.mark ?? values;
    if (ms === undefined && !plot.axes.x.isTime) return; // A gap between two columns.
    browser.dataset.at = String(ms ?? x);
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
  const offered = COLOURINGS.filter(([by]) => by in plot.content.colourings);
  const { select, field } = choice("Points coloured by", offered, colourBy);
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
  const by = colourings?.depth && plot.axes.colours !== colourings.depth ? "time" : null;
  writeAddress(figure.id, { x: text("x"), y: text("y"), colours: text("colours"), by });
}

/** Saves the plot as it is on the screen, or drawn again with `size` pixels for each one of the page. */
function save(plot, figure, size = null) {
  if (size) plot.draw(size);
  plot.canvas.toBlob((blob) => {
    const ending = size ? `_${size}x` : "";
    const name = `${root.dataset.file}_${figure.dataset.variable ?? "ts"}_view${ending}.png`;
    const link = element("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // The browser still reads it while it saves.
  }, "image/png");
  if (size) plot.draw();
}

/** Shows the plot of a figure in place of its picture, or the picture; with the fields of the axes if `hasAxes`. */
async function openFigure(figure, isOpen, hasAxes) {
  const isFirst = isOpen && !built.has(figure);
  if (isFirst) built.set(figure, await build(figure));
  const { panel, controls, readView, writeView } = built.get(figure) ?? {};
  if (!panel) return;
  figure.classList.toggle("is-explored", isOpen);
  panel.hidden = !isOpen;
  controls.hidden = !hasAxes;
  const { state } = readAddress();
  if (!isOpen) writeAddress(figure.id, NO_VIEW);
  else if (!isFirst && hasView(state)) readView();
  else if (hasAxes) writeView();
}

async function openProfiles(host, isOpen) {
  const browser = built.get(host) ?? new ProfileBrowser(host);
  browser.panel.hidden = !isOpen;
  if (built.has(host) || !isOpen) return;
  built.set(host, browser);
  await (host.dataset.at ? browser.showAt(Number(host.dataset.at)) : browser.start());
}

document.addEventListener("explore", ({ detail: { host, part, isOpen, hasAxes, resolve, reject } }) => {
  (part === "profiles" ? openProfiles : openFigure)(host, isOpen, hasAxes).then(resolve, reject);
});
