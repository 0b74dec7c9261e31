// The report of an upload as elements of the page. Texts of the service become text nodes.
import { number } from "./import_text.js";
import { counted } from "./track_features.js";

/** An element with properties and children. */
export function element(name, properties = {}, ...children) {
  const created = Object.assign(document.createElement(name), properties);
  created.append(...children);
  return created;
}

/** A list of names and texts: [[name, text], …]. */
export const pairs = (entries) =>
  element(
    "dl",
    { className: "plain" },
    ...entries.flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)]),
  );

export class ReportView {
  /** `texts`: the template with an explanation of each warning; `missions`: the address of the list of missions. */
  constructor(texts, missions) {
    Object.assign(this, { texts, missions });
  }

  /** Show the entries of a report in `box`; with links to the missions if they are stored. */
  show(box, entries, isStored) {
    box.replaceChildren(...entries.map((entry) => this.#entry(entry, isStored && entry.outcome !== "refused")));
    box.hidden = entries.length === 0;
  }

  #entry(entry, hasPage) {
    const part = element("div", { className: "upload-mission" });
    part.dataset.outcome = entry.outcome;
    part.append(element("p", { className: "upload-outcome" }, element("strong", {}, entry.title)));
    if (entry.reason) {
      const code = entry.code ? [" ", element("code", {}, entry.code)] : [];
      part.append(element("p", { className: "breaks" }, entry.reason, ...code));
    }
    if (entry.hint) part.append(element("p", {}, entry.hint));
    if (entry.facts.length) part.append(pairs(entry.facts));
    part.append(...this.#warnings(entry.warnings), ...leftOut(entry.notImported));
    if (hasPage && entry.platform) part.append(element("p", {}, this.#link(entry)));
    return part;
  }

  #link({ platform, mission }) {
    const href = `${this.missions}/${[platform, mission].map(encodeURIComponent).join("/")}`;
    return element("a", { href }, `The page of mission ${platform}/${mission}`);
  }

  #warnings(warnings) {
    if (!warnings.length) return [];
    const items = warnings.map(({ code, count }) => this.#warning(code, count));
    return [folded(counted(warnings.length, "warning"), element("ul", { className: "warnings" }, ...items))];
  }

  #warning(code, count) {
    const known = this.texts.content.querySelector(`[data-warning="${CSS.escape(code)}"]`);
    if (!known) return element("li", {}, element("code", {}, code), `: ${number(count)}`);
    const item = document.importNode(known, true);
    item.querySelector("[data-count]").textContent = number(count);
    return item;
  }
}

function leftOut(groups) {
  if (!groups.length) return [];
  const items = groups.map(({ reason, names }) => element("li", { className: "breaks" }, `${names}: ${reason}`));
  return [folded("Variables that are not imported", element("ul", {}, ...items))];
}

const folded = (title, content) =>
  element("details", { className: "upload-details" }, element("summary", {}, title), content);
