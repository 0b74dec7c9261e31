// The page of the API: forms whose address contains parameters, and links into folded parts of the page.

for (const form of document.querySelectorAll("form[data-try]")) {
  const template = form.getAttribute("action");
  const fields = [...form.querySelectorAll("[data-in-path]")];
  if (fields.length === 0) continue;
  form.addEventListener("submit", () => {
    const fill = (path, { name, value }) => path.replace(`{${name}}`, encodeURIComponent(value.trim()));
    form.action = fields.reduce(fill, template);
  });
  form.addEventListener("formdata", ({ formData }) => {
    for (const { name } of fields) formData.delete(name);
  });
}

function unfoldTarget() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.tagName === "DETAILS") {
    target.open = true;
    target.scrollIntoView();
  }
}

window.addEventListener("hashchange", unfoldTarget);
unfoldTarget();
