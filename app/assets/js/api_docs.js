// The browsable API page: Swagger UI on our own description.
const target = document.querySelector("[data-openapi]");

window.SwaggerUIBundle({
  url: target.dataset.openapi,
  domNode: target,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null, // The default asks another host for a badge.
  presets: [window.SwaggerUIBundle.presets.apis],
});

// Swagger UI has a dark form of its own, under this class.
const follow = () => {
  document.documentElement.classList.toggle("dark-mode", document.documentElement.dataset.bsTheme === "dark");
};
document.addEventListener("themechange", follow);
follow();
