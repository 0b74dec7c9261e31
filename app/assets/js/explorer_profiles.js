// The profile browser: a slider over a mission's profiles, and two variables of the chosen one against depth.
import { readAddress, writeAddress } from "./explorer_address.js";
import { button, choice, element } from "./explorer_form.js";
import { gestures } from "./explorer_gestures.js";
import { Plot } from "./explorer_plot.js";
import { said } from "./explorer_section.js";
import { called, minus, moment, titled, unitShown } from "./explorer_ticks.js";
import { json } from "./api.js";

const PAGE = 200; // As many as the API gives at once.
const FAILED = "This profile cannot be loaded at the moment.";
const FIRST = ["temperature", "salinity"];
const WAIT_MS = 150; // A slider that is being dragged asks once it rests.

/** Reads the list of profiles page by page, no further than needed. */
class List {
  constructor(url) {
    this.url = url;
    this.items = [];
    this.next = "";
    this.queue = Promise.resolve();
  }

  /** The index of the first profile that `suits`, or -1; pages are read until it is found. */
  find(suits) {
    const found = this.queue.then(async () => {
      let index = this.items.findIndex(suits);
      while (index < 0 && this.next !== null) {
        const page = await json(`${this.url}?limit=${PAGE}${this.next && `&cursor=${encodeURIComponent(this.next)}`}`);
        this.items.push(...page.items);
        this.next = page.next;
        index = this.items.findIndex(suits);
      }
      return index;
    });
    this.queue = found.catch(() => {});
    return found;
  }
}

export class Browser {
  constructor(host) {
    this.host = host;
    this.total = Number(host.dataset.count);
    this.list = new List(host.dataset.profiles);
    this.panel = element("div", { class: "explorer profile-browser" });
    host.append(this.panel);
    this.build();
  }

  build() {
    const id = "profile-slider";
    this.slider = element("input", {
      id,
      type: "range",
      class: "form-range",
      min: "1",
      max: String(this.total),
      value: "1",
    });
    const step = (by) => () => this.go(Math.min(this.total, Math.max(1, Number(this.slider.value) + by)) - 1);
    this.slider.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(step(0), WAIT_MS);
    });
    const row = element(
      "div",
      { class: "profile-row" },
      button("Previous", step(-1)),
      this.slider,
      button("Next", step(1)),
    );
    this.facts = element("dl", { class: "profile-facts", "data-profile-facts": "" });
    this.status = element("p", { class: "read-out", role: "status" });
    this.choices = element("div", { class: "axes" });
    this.plots = element("div", { class: "profile-plots" });
    this.panel.append(
      element("label", { for: id }, `Profile, in the order of time (${this.total})`),
      row,
      this.facts,
      this.choices,
      this.plots,
      this.status,
    );
  }

  /** Shows the profile that the address names, else the first. */
  start() {
    const [number, start] = (readAddress().said.profile ?? "").split("@");
    const named = (profile) => String(profile.number) === number && profile.start_at === start;
    return start ? this.list.find(named).then((index) => this.go(Math.max(index, 0))) : this.go(0);
  }

  /** Shows the profile that was under way at this time, or the nearest. */
  async at(ms) {
    const after = await this.list.find((profile) => Date.parse(profile.mid_at) >= ms);
    const { items } = this.list;
    const last = after < 0 ? items.length - 1 : after;
    const away = (index) => Math.abs(Date.parse(items[index].mid_at) - ms);
    return this.go(last > 0 && away(last - 1) < away(last) ? last - 1 : last);
  }

  async go(index) {
    this.wanted = index;
    this.slider.value = String(index + 1);
    this.status.textContent = "Loading…";
    try {
      await this.list.find((_, i) => i === index);
      const profile = this.list.items[index] ?? this.list.items.at(-1);
      const samples = await json(`${this.list.url}/${profile.number}?start=${encodeURIComponent(profile.start_at)}`);
      if (this.wanted !== index) return; // The visitor has gone on.
      this.show(profile, samples);
    } catch (error) {
      if (this.wanted === index) this.status.textContent = FAILED;
      this.host.dataset.ready = "failed";
    }
  }

  show(profile, samples) {
    const { lat_deg: lat, lon_deg: lon } = profile;
    const facts = {
      Number: String(profile.number),
      Time: moment(Date.parse(profile.mid_at)),
      Position:
        lat === null || lon === null ? "no valid position" : `${minus(lat.toFixed(4))}°, ${minus(lon.toFixed(4))}°`,
      Direction: profile.direction ?? "unknown",
      Depth: `${profile.max_depth_m.toFixed(1)} m`,
      Samples: samples.step > 1 ? `${samples.samples}, each ${samples.step}th drawn` : String(samples.samples),
    };
    this.facts.replaceChildren(
      ...Object.entries(facts).map(([name, text]) =>
        element("div", {}, element("dt", {}, name), element("dd", {}, text)),
      ),
    );
    this.slider.setAttribute("aria-valuetext", `${facts.Number}, ${facts.Time}`);
    this.samples = samples;
    this.choose(Object.keys(samples.columns));
    this.status.textContent = "";
    this.draw();
    writeAddress(readAddress().anchor, { profile: `${profile.number}@${profile.start_at}` });
    this.host.dataset.ready = `${profile.number}@${profile.start_at}`;
  }

  /** Two choices of variables, kept from profile to profile. */
  choose(names) {
    if (this.names?.join() === names.join()) return;
    this.names = names;
    const first = FIRST.filter((name) => names.includes(name));
    const shown = (this.shown ?? []).filter((name) => names.includes(name));
    this.shown = [...new Set([...shown, ...first, ...names])].slice(0, 2);
    this.choices.replaceChildren(
      ...this.shown.map((name, i) => {
        const { select, field } = choice(
          i ? "Second variable" : "First variable",
          names.map((one) => [one, called(one)]),
          (chosen) => {
            this.shown[i] = chosen;
            this.draw();
          },
        );
        select.value = name;
        return field;
      }),
    );
  }

  draw() {
    const deepest = this.samples.depth_m.reduce((most, depth) => Math.max(most, depth ?? 0), 1) * 1.02;
    this.plots.replaceChildren(
      ...this.shown.map((name) => {
        const canvas = element("canvas", {
          tabindex: "0",
          role: "application",
          "aria-label": `${called(name)} against depth; arrow keys read values, plus and minus zoom`,
          "data-profile-plot": name,
        });
        const plot = new Plot(canvas, profilePlot(name, this.samples, deepest));
        const pointed = (values) => {
          plot.mark = values?.inside ? plot.content.read(values) : null;
          this.status.textContent = plot.mark?.text ?? "";
          plot.later();
        };
        gestures(plot, { pointed, picked: () => {} });
        return element("div", { class: "plot" }, canvas);
      }),
    );
  }
}

/** One variable of a profile as the content of a plot: its samples, joined from one to the next. */
function profilePlot(name, samples, deepest) {
  const { unit, values } = samples.columns[name];
  const points = values
    .map((value, i) => [value, samples.depth_m[i]])
    .filter(([value, depth]) => value !== null && depth !== null);
  const [low, high] = points.reduce(
    ([least, most], [value]) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  const apart = points.slice(1).map(([, depth], i) => Math.abs(depth - points[i][1]));
  const gap = 5 * Math.max([...apart].sort((a, b) => a - b)[Math.floor(apart.length / 2)] ?? 0, 0.5);
  const nearest = (y) =>
    points.reduce((best, point, i) => (Math.abs(point[1] - y) < Math.abs(points[best][1] - y) ? i : best), 0);
  const read = ({ y }) => {
    const [value, depth] = points[nearest(y)];
    return { x: value, y: depth, text: `${called(name)} at ${minus(depth)} m: ${said(value, unitShown(unit))}` };
  };
  return {
    title: called(name),
    axes: {
      x: { title: titled(called(name), unitShown(unit)), whole: points.length ? [low - room, high + room] : [0, 1] },
      y: { title: "Depth (m)", down: true, whole: [Math.min(0, ...points.map(([, depth]) => depth)), deepest] },
    },
    draw(ctx, plot) {
      ctx.strokeStyle = plot.colours.graphic;
      ctx.fillStyle = plot.colours.graphic;
      ctx.lineWidth = 1.25;
      ctx.beginPath();
      points.forEach(([value, depth], i) =>
        ctx[i && apart[i - 1] <= gap ? "lineTo" : "moveTo"](plot.toX(value), plot.toY(depth)),
      );
      ctx.stroke();
      for (const [value, depth] of points) ctx.fillRect(plot.toX(value) - 1.5, plot.toY(depth) - 1.5, 3, 3);
    },
    read: (at) => (points.length ? read(at) : { ...at, text: "nothing measured" }),
    step: ({ x, y }, _, below) => {
      const further = points.filter(([, depth]) => (depth - y) * below > 0).sort((a, b) => (a[1] - b[1]) * below);
      return further.length ? { x: further[0][0], y: further[0][1] } : { x, y };
    },
  };
}
