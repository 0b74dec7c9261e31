// What every page gets on top of its HTML: the theme switch, ages beside times, short URLs from forms.
import { showAges } from "./ages.js";
import { suggest } from "./suggest.js";

function themeSwitch() {
  const button = document.querySelector("[data-theme-switch]");
  const root = document.documentElement;
  const name = () => {
    button.setAttribute("aria-label", root.dataset.bsTheme === "dark" ? "Use light colours" : "Use dark colours");
  };
  button.addEventListener("click", () => {
    const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    root.dataset.bsTheme = theme;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // Then the choice lasts for this page only.
    }
    document.dispatchEvent(new CustomEvent("themechange"));
  });
  document.addEventListener("themechange", name);
  name();
  button.hidden = false;
}

/** Filters left at "all" stay out of the URL. */
function shortUrls() {
  for (const form of document.querySelectorAll("form[data-short-url]")) {
    form.addEventListener("formdata", ({ formData }) => {
      for (const [name, value] of [...formData]) if (!value) formData.delete(name);
    });
  }
}

themeSwitch();
shortUrls();
suggest(document.querySelector("[data-suggest]"));
showAges(document);
setInterval(() => showAges(document), 60_000);
