// The map of all missions: filters by the form, time by the slider, and the table beside it, which the server writes.
import { showAges } from "./ages.js";
import { fullscreenButton } from "./fullscreen.js";
import { fit, geojson, groundMap, mapButton, status } from "./base_map.js";
import { Outlines } from "./basins_layer.js";
import { keepRefined } from "./refine.js";
import { timeline } from "./timeline.js";
import { readFragment, restoreView, writeFragment, writeView } from "./map_address.js";
import { Ways } from "./track_canvas.js";

const FAILED = "The tracks cannot be loaded at the moment; the table holds the same missions.";

/** A page of ours, read for its table of missions. */
async function listAt(url, signal) {
  const answer = await fetch(url, { signal });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-list]");
}

class Archive {
  constructor(element) {
    this.element = element;
    this.list = document.querySelector("[data-list]");
    this.map = groundMap(element);
    this.ways = new Ways(this.map, {
      selected: (key) => writeFragment({ mission: key }),
      marked: (key, on) => this.row(key)?.classList.toggle("is-marked", on),
    });
    this.listed = new Set();
    mapButton(this.map, "⤢", "Show all missions of the table", () => this.fit());
    fullscreenButton(this.map, element.parentElement);
    this.answerList();
  }

  row(key) {
    return this.list.querySelector(`[data-track="${CSS.escape(key)}"]`);
  }

  fit() {
    const bounds = this.ways.bounds();
    if (bounds.isValid()) fit(this.map, bounds);
  }

  async start() {
    const wanted = readFragment().mission;
    const view = restoreView();
    if (view) this.map.setView(view.center, view.zoom, { animate: false });
    await this.draw(this.list.dataset.tracks);
    if (!view) this.fit();
    this.layers();
    this.slider();
    if (wanted) await this.restore(wanted, !view);
    this.map.on("moveend", () => writeView(this.map));
    keepRefined(
      this.map,
      () => this.list.dataset.tracks,
      (collection, detail) => {
        this.ways.add(collection, detail);
        this.tell();
      },
    );
  }

  async draw(url, signal) {
    const collection = await geojson(url, signal);
    this.ways.add(collection, "coarse");
    for (const { properties } of collection.features) this.listed.add(`${properties.platform}/${properties.mission}`);
    this.tell();
  }

  /** The mission that the address names, also one beyond those of the table. */
  async restore(key, move) {
    const [platform, mission] = key.split("/").map(encodeURIComponent);
    if (!this.ways.missions.has(key) && mission) {
      const own = this.list.dataset.tracks.replace(/\/tracks\?.*/, `/missions/${platform}/${mission}/track`);
      await geojson(own).then(
        (found) => this.ways.add(found, "fine"),
        () => writeFragment({ mission: null }),
      );
    }
    this.ways.select(key, move);
  }

  layers() {
    const hidden = new Set(readFragment().hide?.split(","));
    const outlines = new Outlines(this.map, this.element.dataset.outlines, this.ways.renderer);
    const acts = { basins: (on) => outlines.show(on), positions: (on) => this.ways.showPositions(on) };
    for (const box of document.querySelectorAll("[data-layer]")) {
      const { layer } = box.dataset;
      box.checked = !hidden.has(layer);
      box.addEventListener("change", () => {
        hidden[box.checked ? "delete" : "add"](layer);
        writeFragment({ hide: [...hidden].join(",") });
        acts[layer](box.checked);
      });
      acts[layer](box.checked);
    }
    document.querySelector("[data-layers]").hidden = false;
  }

  slider() {
    const box = document.querySelector("[data-timeline]");
    if (!box) return;
    const asked = new URLSearchParams(location.search);
    timeline(
      box,
      { from: asked.get("from"), to: asked.get("to") },
      {
        moved: (window) => {
          this.ways.showWindow(window);
          this.tell();
        },
        settled: (days) => this.choose(days),
      },
    );
  }

  /** Takes the window into the address and shows what the server has for it. */
  choose(days) {
    const url = new URL(location.href);
    url.searchParams.delete("after");
    for (const [name, day] of Object.entries(days)) {
      if (day) url.searchParams.set(name, day);
      else url.searchParams.delete(name);
      document.querySelector(`form [name="${name}"]`).value = day;
    }
    history.replaceState(null, "", url);
    return this.load(url, (fresh) => {
      this.ways.clear();
      this.listed.clear();
      this.list.replaceChildren(...fresh.childNodes);
    });
  }

  more(link) {
    return this.load(link.href, (fresh) => {
      const rows = fresh.querySelector("tbody");
      const table = this.list.querySelector("tbody");
      const first = rows.firstElementChild;
      table.append(...rows.children);
      this.list
        .querySelector("[data-more-part]")
        .replaceChildren(...fresh.querySelector("[data-more-part]").childNodes);
      this.list.querySelector("[data-listed]").textContent = table.children.length
        .toLocaleString("en")
        .replaceAll(",", "\u202f");
      first?.querySelector("a")?.focus(); // The button that had the focus has gone.
    });
  }

  /** Reads a page of ours, lets `take` have its table, and draws the tracks that belong to it. */
  async load(url, take) {
    this.asked?.abort();
    this.asked = new AbortController();
    const { signal } = this.asked;
    this.element.dataset.ready = "loading";
    try {
      const fresh = await listAt(url, signal);
      const { tracks } = fresh.dataset;
      take(fresh);
      this.list.dataset.tracks = tracks;
      showAges(this.list);
      await this.draw(tracks, signal);
      this.ways.showWindow({ from: null, to: null }); // The answer holds nothing else.
      this.element.dataset.ready = "true";
    } catch (error) {
      if (error.name === "AbortError") return;
      status(this.element, FAILED);
      this.element.dataset.ready = "failed";
    }
  }

  /** What the map leaves out, in words; rows outside the window go, those with a position get their button. */
  tell() {
    for (const row of this.list.querySelectorAll("[data-track]")) {
      const mission = this.ways.missions.get(row.dataset.track);
      row.hidden = Boolean(mission) && !this.ways.inWindow(mission);
      row.querySelector("[data-show]").hidden = !mission?.at;
    }
    const hidden = this.ways.hidden();
    const line = document.querySelector("[data-hidden-positions]");
    line.querySelector("span").textContent =
      `${hidden} ${hidden === 1 ? "position" : "positions"} hidden: no valid fix`;
    line.hidden = hidden === 0;
    const extra = this.ways.shown().filter(({ key }) => !this.listed.has(key)).length;
    status(
      this.element,
      extra ? `${extra} ${extra === 1 ? "mission" : "missions"} of this view beyond those of the table.` : "",
    );
  }

  /** Table and map answer each other; the table's rows come and go. */
  answerList() {
    const mark =
      (on) =>
      ({ target }) => {
        const row = target.closest?.("[data-track]");
        if (!row) return;
        row.classList.toggle("is-marked", on);
        this.ways.mark(row.dataset.track, on);
      };
    for (const type of ["mouseover", "focusin"]) this.list.addEventListener(type, mark(true));
    for (const type of ["mouseout", "focusout"]) this.list.addEventListener(type, mark(false));
    this.list.addEventListener("click", (event) => {
      const show = event.target.closest("[data-show]");
      const more = event.target.closest("[data-more]");
      if (show) {
        this.ways.select(show.closest("[data-track]").dataset.track, true);
        this.element.scrollIntoView({ block: "nearest" });
      }
      if (more) {
        event.preventDefault();
        this.more(more);
      }
    });
  }
}

export async function startArchive(element) {
  const archive = new Archive(element);
  try {
    await archive.start();
    element.dataset.ready = "true";
  } catch {
    status(element, FAILED);
    element.dataset.ready = "failed";
  }
}
