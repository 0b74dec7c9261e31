// The script of every page: the theme switch, ages beside times, copy buttons, suggestions for the search,
// short URLs from forms.
import { showAges } from "./ages.js";
import { showCopyButtons, startCopying } from "./copying.js";
import { suggest } from "./suggest.js";

const AGES_EVERY_MS = 60_000; // The smallest unit of an age is a minute.

function startThemeSwitch() {
  const button = document.querySelector("[data-theme-switch]");
  if (!button) return; // A page in a frame has no header.
  const root = document.documentElement;
  const isDark = () => root.dataset.bsTheme === "dark";
  const updateLabel = () => button.setAttribute("aria-label", isDark() ? "Use light colours" : "Use dark colours");
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    root.dataset.bsTheme = theme;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // Without storage the choice lasts for this page only.
    }
    document.dispatchEvent(new CustomEvent("themechange"));
  });
  document.addEventListener("themechange", updateLabel);
  updateLabel();
  button.hidden = false;
}

/** Keeps empty filters out of the URL. */
function startShortUrls() {
  for (const form of document.querySelectorAll("form[data-short-url]")) {
    form.addEventListener("formdata", ({ formData }) => {
      for (const [name, value] of [...formData]) if (!value) formData.delete(name);
    });
  }
}

startThemeSwitch();
startShortUrls();
showCopyButtons(document);
startCopying();
suggest(document.querySelector("[data-suggest]"));
showAges(document);
setInterval(() => showAges(document), AGES_EVERY_MS);
