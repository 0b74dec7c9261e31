// The form beside a plot: fields for the range of each axis, buttons and selects. The plot and its form follow each
// other.

let ids = 0;

export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export function button(text, onClick) {
  const node = element("button", { type: "button", class: "button button-quiet" }, text);
  node.addEventListener("click", onClick);
  return node;
}

/** A select with its label; `options` is [[value, text], …]. */
export function choice(label, options, onChange) {
  const id = `explorer-${++ids}`;
  const items = options.map(([value, text]) => element("option", { value }, text));
  const select = element("select", { id, class: "form-select" }, ...items);
  select.addEventListener("change", () => onChange(select.value));
  return { select, field: element("div", { class: "axis" }, element("label", { for: id }, label), select) };
}

function format(axis, value) {
  if (axis.isTime) return new Date(Math.round(value / 1000) * 1000).toISOString().slice(0, 19).replace("T", " ");
  return String(Number(value.toPrecision(6)));
}

function parse(axis, text) {
  if (text === "") return NaN;
  return axis.isTime ? Date.parse(`${text.trim().replace(" ", "T")}${text.includes(":") ? "Z" : ""}`) : Number(text);
}

const labelOf = (axis) => axis.label ?? axis.title;

/** The fields of all axes of a plot. `onError` receives the message about a wrong input, or "" after a right one. */
export function fields(plot, onError) {
  const sets = Object.keys(plot.axes).map((name) => axisFields(plot, name, onError));
  const update = () => sets.forEach((set) => set.update());
  plot.listeners.push(update);
  update();
  return element("div", { class: "axes" }, ...sets.map(({ fieldset }) => fieldset));
}

function axisFields(plot, name, onError) {
  const axis = () => plot.axes[name];
  const legend = element("legend", {}, labelOf(axis()));
  // Not datetime-local: browsers write its hours with AM and PM where the system does.
  const isoTime = { type: "text", placeholder: "2022-12-08 12:00", autocomplete: "off", spellcheck: "false" };
  const type = axis().isTime ? isoTime : { type: "number", step: "any" };
  const bounds = ["from", "to"].map((bound) => {
    const id = `explorer-${++ids}`;
    const input = element("input", { id, class: "form-control", "data-axis": `${name}-${bound}`, ...type });
    return { input, field: element("div", {}, element("label", { for: id }, bound), input) };
  });
  const inputs = bounds.map(({ input }) => input);
  const apply = () => {
    const range = inputs.map((input) => parse(axis(), input.value));
    const isValid = range.every(Number.isFinite) && range[0] < range[1];
    for (const input of inputs) input.setAttribute("aria-invalid", String(!isValid));
    onError(isValid ? "" : `${labelOf(axis())}: “from” must be less than “to”. The plot is unchanged.`);
    if (isValid) plot.show({ [name]: range });
  };
  for (const input of inputs) input.addEventListener("change", apply);
  const update = () => {
    legend.textContent = labelOf(axis());
    inputs.forEach((input, i) => {
      input.value = format(axis(), plot.view[name][i]);
      input.removeAttribute("aria-invalid");
    });
  };
  return { update, fieldset: element("fieldset", { class: "axis" }, legend, ...bounds.map(({ field }) => field)) };
}
