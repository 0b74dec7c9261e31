// The API's page: forms whose address has parts of its own, and links into what is folded.

for (const form of document.querySelectorAll("form[data-try]")) {
  const template = form.getAttribute("action");
  const parts = [...form.querySelectorAll("[data-in-path]")];
  if (parts.length === 0) continue;
  form.addEventListener("submit", () => {
    form.action = parts.reduce(
      (path, part) => path.replace(`{${part.name}}`, encodeURIComponent(part.value.trim())),
      template,
    );
  });
  form.addEventListener("formdata", ({ formData }) => {
    for (const part of parts) formData.delete(part.name);
  });
}

function unfold() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.tagName === "DETAILS") {
    target.open = true;
    target.scrollIntoView();
  }
}

window.addEventListener("hashchange", unfold);
unfold();
