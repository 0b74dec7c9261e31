// The measurements of a mission: tabs at once; what draws them anew is loaded when somebody asks for it.
import { readAddress, writeAddress } from "./explorer_address.js";
import { tabs } from "./tabs.js";

const FAILED = "The measurements cannot be loaded at the moment; the picture shows the same.";
const root = document.querySelector("[data-sections]");
let loading = null;

function explorer() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = root.dataset.explorer;
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => {
      loading = null; // The next press tries again.
      script.remove();
      reject(new Error("the script did not load"));
    });
    document.head.append(script);
  });
  return loading;
}

/** A button that opens and closes a part; `word` is what the script that draws it calls the part. */
function opener(host, word, text) {
  const line = document.createElement("p");
  line.className = "explore";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-quiet";
  button.textContent = text;
  button.dataset.open = word;
  button.setAttribute("aria-expanded", "false");
  const said = document.createElement("span");
  said.className = "explore-said";
  said.setAttribute("role", "status");
  line.append(button, said);
  host.append(line);
  const show = async (open) => {
    button.setAttribute("aria-expanded", String(open));
    said.textContent = open ? "Loading…" : "";
    try {
      if (open) await explorer();
      if (loading)
        await new Promise((done, failed) =>
          document.dispatchEvent(new CustomEvent("explore", { detail: { host, open, word, done, failed } })),
        );
      said.textContent = "";
    } catch {
      button.setAttribute("aria-expanded", "false");
      said.textContent = FAILED;
    }
  };
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
  host.addEventListener("open-part", () => button.getAttribute("aria-expanded") === "true" || show(true));
  return show;
}

const select = tabs(root, (id) => {
  writeAddress(id, { x: null, y: null, colours: null, by: null });
  document.getElementById(id).dispatchEvent(new Event("tab-shown")); // A plot that is open there names its own view.
});
const openers = new Map();
for (const figure of root.querySelectorAll("figure"))
  openers.set(figure.id, opener(figure, "figure", "Change the axes"));
const browser = root.querySelector("[data-profile-browser]");
if (browser) openers.set("", opener(browser, "profiles", "Browse the profiles"));

/** Shows what the address names, with the view that it describes. */
function follow() {
  const { anchor, said } = readAddress();
  if (anchor && !openers.has(anchor)) return select(""); // A link to another part of the page.
  select(anchor);
  if (anchor && location.hash.includes("&")) document.getElementById(anchor).scrollIntoView({ block: "nearest" });
  if (said.x || said.y || said.colours || said.by) openers.get(anchor)?.(true);
  if (said.profile && browser) openers.get("")(true);
}
window.addEventListener("hashchange", follow);
follow();
