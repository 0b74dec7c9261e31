// The profile browser: a slider over a mission's profiles, and two variables of the chosen profile against depth.
import { json } from "./api.js";
import { readAddress, writeAddress } from "./explorer_address.js";
import { button, choice, element } from "./explorer_form.js";
import { gestures } from "./explorer_gestures.js";
import { Plot } from "./explorer_plot.js";
import { profileContent } from "./explorer_profile.js";
import { displayName, minus, moment } from "./explorer_text.js";
import { ProfileList } from "./profile_list.js";

const FAILED = "This profile cannot be loaded at the moment.";
const PREFERRED = ["temperature", "salinity"];
const DEBOUNCE_MS = 150; // A slider that is being dragged requests a profile once it rests.

export class ProfileBrowser {
  constructor(host) {
    this.host = host;
    this.total = Number(host.dataset.count);
    this.list = new ProfileList(host.dataset.profiles, json);
    this.panel = element("div", { class: "explorer profile-browser" });
    host.append(this.panel);
    this.build();
  }

  build() {
    const id = "profile-slider";
    const range = { min: "1", max: String(this.total), value: "1" };
    this.slider = element("input", { id, type: "range", class: "form-range", ...range });
    const step = (by) => () => this.show(Math.min(this.total, Math.max(1, Number(this.slider.value) + by)) - 1);
    this.slider.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(step(0), DEBOUNCE_MS);
    });
    const buttons = [button("Previous", step(-1)), this.slider, button("Next", step(1))];
    this.facts = element("dl", { class: "profile-facts", "data-profile-facts": "" });
    this.status = element("p", { class: "read-out", role: "status" });
    this.choices = element("div", { class: "axes" });
    this.plots = element("div", { class: "profile-plots" });
    this.panel.append(
      element("label", { for: id }, `Profile, in the order of time (${this.total})`),
      element("div", { class: "profile-row" }, ...buttons),
      this.facts,
      this.choices,
      this.plots,
      this.status,
    );
  }

  /** Shows the profile that the address names, else the first. */
  start() {
    const [number, start] = (readAddress().state.profile ?? "").split("@");
    const isNamed = (profile) => String(profile.number) === number && profile.start_at === start;
    return start ? this.list.find(isNamed).then((index) => this.show(Math.max(index, 0))) : this.show(0);
  }

  /** Shows the profile whose middle is nearest to this time. */
  async showAt(ms) {
    return this.show(await this.list.nearest(ms));
  }

  /** Loads and shows the profile of this index. */
  async show(index) {
    this.index = index;
    this.slider.value = String(index + 1);
    this.status.textContent = "Loading…";
    try {
      const profile = await this.list.at(index);
      const url = `${this.list.url}/${profile.number}?start=${encodeURIComponent(profile.start_at)}`;
      const samples = await json(url);
      if (this.index !== index) return; // The visitor has chosen another profile in the meantime.
      this.fill(profile, samples);
    } catch {
      if (this.index === index) this.status.textContent = FAILED;
      this.host.dataset.ready = "failed";
    }
  }

  fill(profile, samples) {
    const facts = factsOf(profile, samples);
    const terms = Object.entries(facts).map(([name, text]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, text)),
    );
    this.facts.replaceChildren(...terms);
    this.slider.setAttribute("aria-valuetext", `${facts.Number}, ${facts.Time}`);
    this.samples = samples;
    this.fillChoices(Object.keys(samples.columns));
    this.status.textContent = "";
    this.draw();
    const key = `${profile.number}@${profile.start_at}`;
    writeAddress(readAddress().anchor, { profile: key });
    this.host.dataset.ready = key;
  }

  /** Offers the variables of this profile; the chosen two stay chosen from profile to profile. */
  fillChoices(names) {
    if (this.names?.join() === names.join()) return;
    this.names = names;
    const candidates = [...(this.chosen ?? []), ...PREFERRED, ...names].filter((name) => names.includes(name));
    this.chosen = [...new Set(candidates)].slice(0, 2);
    const options = names.map((name) => [name, displayName(name)]);
    const field = (name, i) => {
      const onChange = (chosen) => {
        this.chosen[i] = chosen;
        this.draw();
      };
      const variable = choice(i ? "Second variable" : "First variable", options, onChange);
      variable.select.value = name;
      return variable.field;
    };
    this.choices.replaceChildren(...this.chosen.map(field));
  }

  draw() {
    const deepest = this.samples.depth_m.reduce((max, depth) => Math.max(max, depth ?? 0), 1) * 1.02;
    this.plots.replaceChildren(...this.chosen.map((name) => this.plot(name, deepest)));
  }

  plot(name, deepest) {
    const canvas = element("canvas", {
      tabindex: "0",
      role: "application",
      "aria-label": `${displayName(name)} against depth; arrow keys read values, plus and minus zoom`,
      "data-profile-plot": name,
    });
    const plot = new Plot(canvas, profileContent(name, this.samples, deepest));
    const onPoint = (values) => {
      plot.mark = values?.isInside ? plot.content.read(values) : null;
      this.status.textContent = plot.mark?.text ?? "";
      plot.scheduleDraw();
    };
    gestures(plot, { onPoint, onPick: () => {} });
    return element("div", { class: "plot" }, canvas);
  }
}

function factsOf(profile, samples) {
  const { lat_deg: lat, lon_deg: lon } = profile;
  const hasPosition = lat !== null && lon !== null;
  return {
    Number: String(profile.number),
    Time: moment(Date.parse(profile.mid_at)),
    Position: hasPosition ? `${minus(lat.toFixed(4))}°, ${minus(lon.toFixed(4))}°` : "no valid position",
    Direction: profile.direction ?? "unknown",
    Depth: `${profile.max_depth_m.toFixed(1)} m`,
    Samples: samples.step > 1 ? `${samples.samples}, each ${samples.step}th drawn` : String(samples.samples),
  };
}
