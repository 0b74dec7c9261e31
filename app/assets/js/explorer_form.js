// The form beside a plot: from and to of each axis as fields, and the buttons. What it reads, the plot shows.

let made = 0;

export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export function button(text, act) {
  const node = element("button", { type: "button", class: "button button-quiet" }, text);
  node.addEventListener("click", act);
  return node;
}

/** A choice with its label; `choices` is [[value, text], …]. */
export function choice(text, choices, act) {
  const id = `explorer-${++made}`;
  const select = element(
    "select",
    { id, class: "form-select" },
    ...choices.map(([value, said]) => element("option", { value }, said)),
  );
  select.addEventListener("change", () => act(select.value));
  return { select, field: element("div", { class: "axis" }, element("label", { for: id }, text), select) };
}

const written = (axis, value) =>
  axis.isTime
    ? new Date(Math.round(value / 1000) * 1000).toISOString().slice(0, 19)
    : String(Number(value.toPrecision(6)));
const read = (axis, text) => (text === "" ? NaN : axis.isTime ? Date.parse(`${text}Z`) : Number(text));

/** Fields for each axis of a plot; they follow the plot, and it follows them. `refused` gets what is wrong, or "". */
export function fields(plot, refused) {
  const sets = Object.keys(plot.axes).map((name) => {
    const axis = () => plot.axes[name];
    const legend = element("legend", {}, axis().asked ?? axis().title);
    const inputs = ["from", "to"].map((end) => {
      const id = `explorer-${++made}`;
      const kind = axis().isTime ? { type: "datetime-local", step: "1" } : { type: "number", step: "any" };
      const input = element("input", { id, class: "form-control", "data-axis": `${name}-${end}`, ...kind });
      return { input, field: element("div", {}, element("label", { for: id }, end), input) };
    });
    const [from, to] = inputs.map(({ input }) => input);
    const take = () => {
      const ends = [read(axis(), from.value), read(axis(), to.value)];
      const sound = ends.every(Number.isFinite) && ends[0] < ends[1];
      for (const input of [from, to]) input.setAttribute("aria-invalid", String(!sound));
      refused(sound ? "" : `${axis().asked ?? axis().title}: “from” must be less than “to”. The plot stays as it was.`);
      if (sound) plot.show({ [name]: ends });
    };
    for (const input of [from, to]) input.addEventListener("change", take);
    const follow = () => {
      legend.textContent = axis().asked ?? axis().title;
      [from, to].forEach((input, i) => {
        input.value = written(axis(), plot.view[name][i]);
        input.removeAttribute("aria-invalid");
      });
    };
    return { follow, set: element("fieldset", { class: "axis" }, legend, ...inputs.map(({ field }) => field)) };
  });
  const follow = () => sets.forEach((one) => one.follow());
  plot.listeners.push(follow);
  follow();
  return element("div", { class: "axes" }, ...sets.map(({ set }) => set));
}
