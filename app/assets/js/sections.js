// The measurements of a mission: tabs at once; the script of the plots loads on the first request for one.
import { hasView, readAddress, writeAddress } from "./explorer_address.js";
import { tabs } from "./tabs.js";

const FAILED = "The measurements cannot be loaded at the moment; the picture shows the same.";
const root = document.querySelector("[data-sections]");
let loading = null;

function loadExplorer() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = root.dataset.explorer;
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => {
      loading = null; // The next click tries again.
      script.remove();
      reject(new Error("the script did not load"));
    });
    document.head.append(script);
  });
  return loading;
}

/**
 * Opens or closes a part by the script of the plots, which answers. `hasAxes`: a plot shows the fields of its axes; one
 * without them leaves the address as it is.
 */
function explore(host, part, isOpen, hasAxes) {
  return new Promise((resolve, reject) => {
    const detail = { host, part, isOpen, hasAxes, resolve, reject };
    document.dispatchEvent(new CustomEvent("explore", { detail }));
  });
}

// The text of a picture is too small there: the plot takes its place, and stays.
const isPhone = matchMedia("(max-width: 36rem)").matches;

/**
 * Adds a button that opens and closes a part: "profiles", or the axes of the "figure", above its caption. Returns a
 * function that does the same; with `hasAxes` false it opens the plot alone.
 */
function opener(host, part, text) {
  const line = document.createElement("p");
  line.className = "explore";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-quiet";
  button.textContent = text;
  button.dataset.open = part;
  button.setAttribute("aria-expanded", "false");
  const status = document.createElement("span");
  status.className = "explore-status";
  status.setAttribute("role", "status");
  line.append(button, status);
  host.insertBefore(line, host.querySelector("figcaption"));
  const isExpanded = () => button.getAttribute("aria-expanded") === "true";
  const open = async (isOpen, hasAxes) => {
    try {
      if (isOpen) await loadExplorer();
      if (loading) await explore(host, part, isOpen || (isPhone && part === "figure"), hasAxes);
      status.textContent = "";
    } catch {
      button.setAttribute("aria-expanded", "false");
      status.textContent = FAILED;
    }
  };
  let turn = Promise.resolve(); // A press waits for the plot that a phone opens by itself.
  const show = (isOpen, hasAxes = isOpen) => {
    button.setAttribute("aria-expanded", String(isOpen && hasAxes));
    status.textContent = isOpen ? "Loading…" : "";
    turn = turn.then(() => open(isOpen, hasAxes));
    return turn;
  };
  button.addEventListener("click", () => show(!isExpanded()));
  host.addEventListener("open-part", () => isExpanded() || show(true));
  return show;
}

const chooseTab = (id) => {
  writeAddress(id, { x: null, y: null, colours: null, by: null, along: null, quality: null });
  document.getElementById(id).dispatchEvent(new Event("tab-shown")); // A plot that is open there writes its own view.
};
// The page of one plot has no tabs.
const select = root.querySelector(".section-tabs") ? tabs(root, chooseTab) : () => {};
const openers = new Map();
for (const figure of root.querySelectorAll("figure"))
  openers.set(figure.id, opener(figure, "figure", "Change the axes"));

/** On a phone the plot takes the place of the picture as soon as the visitor scrolls to it. */
function openOnPhone() {
  if (!isPhone) return;
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      const isOpen = target.querySelector("[data-open]").getAttribute("aria-expanded") === "true";
      if (!isOpen) openers.get(target.id)(true, false);
    }
  });
  for (const figure of root.querySelectorAll("figure")) observer.observe(figure);
}

const browser = root.querySelector("[data-profile-browser]");
if (browser) openers.set("", opener(browser, "profiles", "Browse the profiles"));

/** Shows the figure that the address names, with the view that it describes. */
function followAddress() {
  const { anchor, state } = readAddress();
  if (anchor && !openers.has(anchor)) {
    select(""); // A link to another part of the page.
    return;
  }
  select(anchor);
  if (anchor && location.hash.includes("&")) document.getElementById(anchor).scrollIntoView({ block: "nearest" });
  if (hasView(state)) openers.get(anchor)?.(true);
  if (state.profile && browser) openers.get("")(true);
}
window.addEventListener("hashchange", followAddress);
followAddress();
openOnPhone();
