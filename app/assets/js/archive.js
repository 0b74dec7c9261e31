// The map of all missions: filters by the form, time by the slider, and the table beside it, which the server renders.
import { showAges } from "./ages.js";
import { geojson } from "./api.js";
import { baseMap, fit, mapButton, showStatus } from "./base_map.js";
import { BasinsLayer } from "./basins_layer.js";
import { fullscreenButton } from "./fullscreen.js";
import { current } from "./live_state.js";
import { readFragment, readView, writeFragment, writeView } from "./map_address.js";
import { focusPopup } from "./markers.js";
import { refineOnMove } from "./refine.js";
import { timeline } from "./timeline.js";
import { TrackCanvas } from "./track_canvas.js";
import { counted, missionKey } from "./track_features.js";

const FAILED = "The tracks cannot be loaded at the moment; the table lists the same missions.";

/** The table of missions of another page of this portal. */
async function listAt(url, signal) {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-list]");
}

class Archive {
  constructor(element) {
    this.element = element;
    this.list = document.querySelector("[data-list]");
    this.map = baseMap(element);
    this.tracks = new TrackCanvas(this.map, {
      onSelect: (key) => writeFragment({ mission: key }),
      onMark: (key, isMarked) => this.row(key)?.classList.toggle("is-marked", isMarked),
    });
    this.listed = new Set();
    mapButton(this.map, "⤢", "Show all missions of the table", () => this.fit());
    fullscreenButton(this.map, element.parentElement);
    this.linkList();
  }

  row(key) {
    return this.list.querySelector(`[data-track="${CSS.escape(key)}"]`);
  }

  fit() {
    const bounds = this.tracks.bounds();
    if (bounds.isValid()) fit(this.map, bounds);
  }

  async start() {
    const { mission } = readFragment();
    const view = readView();
    if (view) this.map.setView(view.center, view.zoom, { animate: false });
    await this.draw(this.list.dataset.tracks);
    if (!view) this.fit();
    this.startLayers();
    this.startTimeline();
    if (mission) await this.restore(mission, !view);
    this.map.on("moveend", () => writeView(this.map));
    const refineAgain = refineOnMove(
      this.map,
      () => this.list.dataset.tracks,
      (collection, detail) => {
        this.tracks.add(collection, detail);
        this.refreshList();
      },
    );
    document.addEventListener("livechange", ({ detail }) => this.update(detail.number).then(refineAgain, () => {}));
  }

  /** Draws what has changed. The table of the page is up to date already, but not one that a filter has replaced. */
  async update(number) {
    if (this.isFiltered) {
      await this.replaceList(location.href);
      return;
    }
    const response = await current(this.list.dataset.tracks, number, "application/geo+json");
    const collection = await response.json();
    this.tracks.add(collection, "coarse", true);
    for (const { properties } of collection.features) this.listed.add(missionKey(properties));
    this.refreshList();
    this.element.dataset.updated = String(number);
  }

  async draw(url, signal) {
    const collection = await geojson(url, signal);
    this.tracks.add(collection, "coarse");
    for (const { properties } of collection.features) this.listed.add(missionKey(properties));
    this.refreshList();
  }

  /** Opens the mission that the address names; one that is not in the table is loaded first. */
  async restore(key, isMoving) {
    const [platform, mission] = key.split("/").map(encodeURIComponent);
    if (!this.tracks.missions.has(key) && mission) {
      const url = this.list.dataset.tracks.replace(/\/tracks\?.*/, `/missions/${platform}/${mission}/track`);
      await geojson(url).then(
        (collection) => this.tracks.add(collection, "fine"),
        () => writeFragment({ mission: null }),
      );
    }
    this.tracks.select(key, isMoving);
  }

  startLayers() {
    const hidden = new Set(readFragment().hide?.split(","));
    const basins = new BasinsLayer(this.map, this.element.dataset.outlines, this.tracks.renderer);
    const show = {
      basins: (isOn) => basins.show(isOn),
      positions: (isOn) => this.tracks.showPositions(isOn),
    };
    for (const box of document.querySelectorAll("[data-layer]")) {
      const { layer } = box.dataset;
      box.checked = !hidden.has(layer);
      box.addEventListener("change", () => {
        hidden[box.checked ? "delete" : "add"](layer);
        writeFragment({ hide: [...hidden].join(",") });
        show[layer](box.checked);
      });
      show[layer](box.checked);
    }
    document.querySelector("[data-layers]").hidden = false;
  }

  startTimeline() {
    const box = document.querySelector("[data-timeline]");
    if (!box) return;
    const query = new URLSearchParams(location.search);
    const initial = { from: query.get("from"), to: query.get("to") };
    timeline(box, initial, {
      onMove: (window) => {
        this.tracks.showWindow(window);
        this.refreshList();
      },
      onSettle: (days) => this.filter(days),
    });
  }

  /** Writes the time window into the address and replaces the table by the missions within it. */
  filter(days) {
    const url = new URL(location.href);
    url.searchParams.delete("after");
    for (const [name, day] of Object.entries(days)) {
      if (day) url.searchParams.set(name, day);
      else url.searchParams.delete(name);
      document.querySelector(`form [name="${name}"]`).value = day;
    }
    history.replaceState(null, "", url);
    this.isFiltered = true;
    return this.replaceList(url);
  }

  replaceList(url) {
    return this.load(url, (fresh) => {
      this.tracks.clear();
      this.listed.clear();
      this.list.replaceChildren(...fresh.childNodes);
    });
  }

  /** Appends the next missions to the table. */
  append(link) {
    return this.load(link.href, (fresh) => {
      const rows = fresh.querySelector("tbody");
      const table = this.list.querySelector("tbody");
      const first = rows.firstElementChild;
      table.append(...rows.children);
      const next = fresh.querySelector("[data-more-part]").childNodes;
      this.list.querySelector("[data-more-part]").replaceChildren(...next);
      const count = table.children.length.toLocaleString("en").replaceAll(",", "\u202f");
      this.list.querySelector("[data-listed]").textContent = count;
      first?.querySelector("a")?.focus(); // The button that had the focus was removed.
    });
  }

  /** Loads another page of this portal, passes its table to `merge`, and draws the tracks of that page. */
  async load(url, merge) {
    this.request?.abort();
    this.request = new AbortController();
    const { signal } = this.request;
    this.element.dataset.ready = "loading";
    try {
      const fresh = await listAt(url, signal);
      const { tracks } = fresh.dataset;
      merge(fresh);
      this.list.dataset.tracks = tracks;
      showAges(this.list);
      await this.draw(tracks, signal);
      this.tracks.showWindow({ from: null, to: null }); // The server has applied the window already.
      this.element.dataset.ready = "true";
    } catch (error) {
      if (error.name === "AbortError") return;
      showStatus(this.element, FAILED);
      this.element.dataset.ready = "failed";
    }
  }

  /** Shows the rows within the window, the buttons of missions with a position, and what the map leaves out. */
  refreshList() {
    for (const row of this.list.querySelectorAll("[data-track]")) {
      const mission = this.tracks.missions.get(row.dataset.track);
      row.hidden = Boolean(mission) && !this.tracks.isInWindow(mission);
      row.querySelector("[data-show]").hidden = !mission?.at;
    }
    const hidden = this.tracks.hidden();
    const line = document.querySelector("[data-hidden-positions]");
    line.querySelector("span").textContent = `${counted(hidden, "position")} hidden: no valid fix`;
    line.hidden = hidden === 0;
    const extra = this.tracks.shown().filter(({ key }) => !this.listed.has(key)).length;
    const more = this.list.querySelector("[data-more]");
    const total = this.list.querySelector("[data-count]")?.textContent;
    if (extra) showStatus(this.element, `The map shows ${counted(extra, "mission")} more than the table.`);
    else if (!more) showStatus(this.element, "");
    else {
      const text = `The map draws ${this.tracks.missions.size} of ${total} missions.`;
      showStatus(this.element, text, { label: more.textContent.trim(), onClick: () => this.append(more) });
    }
  }

  /** Marks rows and tracks together, and starts the buttons; rows come and go, so the list itself listens. */
  linkList() {
    const mark =
      (isMarked) =>
      ({ target }) => {
        const row = target.closest?.("[data-track]");
        if (!row) return;
        row.classList.toggle("is-marked", isMarked);
        this.tracks.mark(row.dataset.track, isMarked);
      };
    for (const type of ["mouseover", "focusin"]) this.list.addEventListener(type, mark(true));
    for (const type of ["mouseout", "focusout"]) this.list.addEventListener(type, mark(false));
    this.list.addEventListener("click", (event) => {
      const show = event.target.closest("[data-show]");
      const more = event.target.closest("[data-more]");
      if (show) {
        this.tracks.select(show.closest("[data-track]").dataset.track, true);
        this.element.scrollIntoView({ block: "nearest" });
        if (!event.detail) focusPopup(this.map, show);
      }
      if (more) {
        event.preventDefault();
        this.append(more);
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
    showStatus(element, FAILED);
    element.dataset.ready = "failed";
  }
}
