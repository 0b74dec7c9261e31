// Keeps an open page current: a stream names what has changed, and the page is requested again and patched.
// This script runs before the others, because it compares the page as the server sent it.
import { showAges } from "./ages.js";
import { showCopyButtons } from "./copying.js";
import { keyOf } from "./live_match.js";
import { Patch } from "./live_patch.js";
import { current, numberOf, positionOfPage } from "./live_state.js";
import { Stream } from "./live_stream.js";

const INTERVAL_MS = 700; // An import makes several changes within a second or two.
const RETRY_MS = 5_000;
const NOTE_EVERY_MS = 10_000; // A screen reader must not talk all the time.
const FRESH_MS = 3_000;
const MOST_NAMES = 3;
const GONE = [404, 410]; // The mission was withdrawn or merged; the page of the error gives the reason.

const { url, tags } = document.currentScript.dataset;
const main = document.querySelector("main");
const patch = new Patch(main);
const note = document.createElement("p");
const etags = new WeakMap(); // Of pictures that were replaced.
const wanted = { number: 0, tags: new Set() };
let timer = null;
let isRunning = false;
let lastRunAt = 0;
let notedAt = 0;

note.className = "visually-hidden";
note.setAttribute("role", "status");
note.dataset.liveNote = "";
document.body.append(note);

function onEvent(name, position, data) {
  // A page that is newer than the stream needs no refresh at its start.
  wanted.number = name === "change" ? Math.max(wanted.number, numberOf(position)) : numberOf(position);
  for (const tag of data.tags ?? ["mission"]) wanted.tags.add(tag);
  schedule(Math.random() * (data.spread_ms ?? 0));
}

function schedule(delayMs) {
  if (timer || isRunning) return;
  timer = setTimeout(run, Math.max(delayMs, lastRunAt + INTERVAL_MS - Date.now()));
}

async function run() {
  timer = null;
  isRunning = true;
  const { number } = wanted;
  const changedTags = wanted.tags;
  wanted.tags = new Set();
  let delayMs = null;
  try {
    await refresh(number, changedTags);
    if (wanted.tags.size) delayMs = 0;
  } catch (error) {
    if (error.isOfPage && GONE.includes(error.status)) return location.reload();
    for (const tag of changedTags) wanted.tags.add(tag);
    delayMs = RETRY_MS * (0.5 + Math.random());
  }
  isRunning = false;
  lastRunAt = Date.now();
  if (delayMs !== null) schedule(delayMs);
}

async function refresh(number, changedTags) {
  const response = await current(location.pathname + location.search, number, "text/html").catch((error) => {
    throw Object.assign(error, { isOfPage: true });
  });
  if (response.redirected) return location.replace(response.url); // The platform has another id now.
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const changed = patch.apply(fresh.querySelector("main"));
  document.title = fresh.title;
  showAges(main);
  showCopyButtons(main);
  mark(changed);
  document.documentElement.dataset.live = String(number);
  document.dispatchEvent(new CustomEvent("livechange", { detail: { number } }));
  await refreshPictures(number, changedTags);
}

/** Shows what is new for a moment, and names it to screen readers. */
function mark(changed) {
  const elements = [...changed].filter((element) => element.isConnected && element !== main);
  for (const element of elements) {
    element.classList.add("is-fresh");
    setTimeout(() => element.classList.remove("is-fresh"), FRESH_MS);
  }
  const names = [...new Set(elements.map(nameOf).filter(Boolean))];
  if (!names.length || Date.now() - notedAt < NOTE_EVERY_MS) return;
  notedAt = Date.now();
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  note.textContent = `Updated: ${names.slice(0, MOST_NAMES).join(", ")}${more}`;
}

/** The name of what an element belongs to: a mission, a platform, or a section of the page. */
function nameOf(element) {
  let part = element;
  while (part !== main && !keyOf(part)) part = part.parentElement;
  const link = part === main ? null : part.querySelector("a");
  const section = element.closest("section[aria-labelledby]");
  const heading = section && document.getElementById(section.getAttribute("aria-labelledby"));
  return (link ?? heading ?? main.querySelector("h1"))?.textContent.trim();
}

/** Replaces loaded pictures of measurements that have changed: their address stays the same. */
async function refreshPictures(number, changedTags) {
  const isChanged = (picture) => {
    const mission = picture.closest("[data-mission]")?.dataset.mission;
    return !mission || changedTags.has("mission") || changedTags.has(`mission:${mission}`);
  };
  for (const picture of main.querySelectorAll("img")) {
    const address = picture.dataset.address ?? picture.getAttribute("src");
    if (!picture.complete || !picture.naturalWidth || !isChanged(picture)) continue;
    const response = await current(address, number, "image/png");
    const etag = response.headers.get("ETag");
    if (!etag || etags.get(picture) === etag) continue;
    etags.set(picture, etag);
    picture.dataset.address = address;
    picture.src = await dataUrl(await response.blob());
  }
}

function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}

new Stream(url, tags, positionOfPage(), onEvent);
