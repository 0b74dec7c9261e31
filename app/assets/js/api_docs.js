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
