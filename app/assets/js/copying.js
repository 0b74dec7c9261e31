// Buttons that copy a text. Browsers offer the clipboard only to pages of https and of this machine.
const SHOWN_MS = 2000;

/** Shows the copy buttons of a page or of a part of it. */
export function showCopyButtons(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
}

/** Copies the text of each [data-copy] that is clicked, and says so for a moment. */
export function startCopying() {
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest?.("[data-copy]");
    if (!button) return;
    const label = button.textContent;
    button.setAttribute("aria-live", "polite");
    button.textContent = await navigator.clipboard.writeText(button.dataset.copy || location.href).then(
      () => "Copied",
      () => "Not allowed",
    );
    setTimeout(() => (button.textContent = label), SHOWN_MS);
  });
}
