// The field of the API key and its error text. The field has no name, so that no form can send its value.

export class KeyField {
  /** `onEnter(isNew)` is called when a key was entered that can be sent; `isNew`: it is another one than before. */
  constructor(form, api, onEnter) {
    Object.assign(this, { form, api, onEnter });
    this.input = form.querySelector("[data-key]");
    this.error = form.querySelector("[data-key-error]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#read();
    });
    this.input.addEventListener("change", () => this.#read());
    // A page that the browser keeps for the Back button must not contain the key.
    window.addEventListener("pagehide", () => {
      this.input.value = "";
      api.use("");
    });
  }

  #read() {
    const before = this.api.keyNumber;
    const isValid = this.api.use(this.input.value);
    this.show(isValid ? "" : "This is not an API key: it contains spaces or other characters.");
    if (this.api.hasKey) this.onEnter(this.api.keyNumber !== before);
  }

  /** Show an error of the key; an empty text removes it. */
  show(text) {
    this.error.textContent = text;
    this.error.hidden = !text;
    if (text) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }

  /** The service has refused the key: ask for another one, unless the visitor writes in another field. */
  refused(text) {
    this.api.use("");
    this.show(text);
    const { activeElement } = document;
    if (!activeElement?.matches("input:not([type=file]), select, textarea")) this.input.focus();
  }
}
