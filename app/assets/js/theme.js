// Runs before the first paint: the theme is the visitor's choice, else the system's preference.
const storedTheme = () => {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null; // Storage may be disabled; the choice then lasts for one page.
  }
};
const system = matchMedia("(prefers-color-scheme: dark)");
const applyTheme = () => {
  document.documentElement.dataset.bsTheme = storedTheme() ?? (system.matches ? "dark" : "light");
  document.dispatchEvent(new CustomEvent("themechange"));
};
applyTheme();
system.addEventListener("change", applyTheme);
