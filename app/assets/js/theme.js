// Runs before the first paint: the visitor's choice, else the system's.
const stored = () => {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null; // Storage may be forbidden; then the choice lasts for this page.
  }
};
const system = matchMedia("(prefers-color-scheme: dark)");
const apply = () => {
  document.documentElement.dataset.bsTheme = stored() ?? (system.matches ? "dark" : "light");
  document.dispatchEvent(new CustomEvent("themechange"));
};
apply();
system.addEventListener("change", apply);
