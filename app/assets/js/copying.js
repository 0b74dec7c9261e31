// Buttons that copy a text. Browsers offer the clipboard only to pages of https and of this machine.
const SHOWN_MS = 2000;

/** Shows the copy buttons of a page or of a part of it. */
export function showCopyButtons(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
}

/** Copies the text of a button, and shows the outcome for a moment in place of its label. */
async function copy(button) {
  // Until the label is back, a second press would copy and announce the same, and take the outcome for the label.
  if ("copied" in button.dataset) return;
  const label = button.textContent;
  button.dataset.copied = "";
  button.setAttribute("aria-live", "polite");
  button.textContent = await navigator.clipboard.writeText(button.dataset.copy || location.href).then(
    () => "Copied",
    () => "Not allowed",
  );
  setTimeout(() => {
    // Not announced: the label is not news.
    button.removeAttribute("aria-live");
    button.textContent = label;
    delete button.dataset.copied;
  }, SHOWN_MS);
}

/** Starts all copy buttons, also those that the page gets later. */
export function startCopying() {
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-copy]");
    if (button) copy(button);
  });
}
