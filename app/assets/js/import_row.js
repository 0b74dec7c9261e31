// A file in the list of the page: it is checked, its report is shown, and it is imported when the visitor wants it.
import { ended } from "./import_poll.js";
import { reportOf } from "./import_report.js";
import { byteSize, NO_RESPONSE, stateText } from "./import_text.js";

// Another upload may need minutes; after so many attempts the visitor decides.
const MOST_ATTEMPTS = 6;
const BUSY = new Set([429, 503]);
// The portal does not keep the bytes of the check any more.
const NOT_KEPT = new Set([404, 409, 410]);
const BUSY_S = 10;
const OPTION_NAMES = { platform: "platform", mission: "mission", mode: "data mode", shorter: "shorter" };

// The buttons of each state.
const BUTTONS = {
  "no-key": ["remove"],
  queued: ["remove"],
  sending: ["remove"],
  checking: ["remove"],
  checked: ["import", "check", "remove"],
  unchanged: ["check", "remove"],
  refused: ["check", "remove"],
  importing: [],
  waiting: ["remove"],
  done: ["remove"],
  rejected: ["remove"],
  "check-failed": ["check", "remove"],
  "import-failed": ["import", "check", "remove"],
};

export class FileRow {
  /** `page` has api, jobs, view, mostBytes, options(), announce(text), onChange(), onKeyRefused(text), onRemove(). */
  constructor(file, template, page) {
    Object.assign(this, { file, page, checked: null, state: "" });
    this.element = template.content.firstElementChild.cloneNode(true);
    this.part = (name) => this.element.querySelector(`[data-part="${name}"]`);
    this.part("name").textContent = file.name;
    this.part("size").textContent = byteSize(file.size);
    for (const name of this.element.querySelectorAll("[data-file-name]")) name.textContent = file.name;
    this.part("progress").setAttribute("aria-label", `Sent part of ${file.name}`);
    this.element.addEventListener("click", ({ target }) => this.#press(target.closest("[data-act]")?.dataset.act));
  }

  get canBeImported() {
    return this.state === "checked";
  }

  /** Send the file for a check with the options of now. */
  check() {
    this.abort();
    this.control = new AbortController();
    this.checked = null;
    this.isRepeated = false;
    this.options = this.page.options();
    this.#showOptions();
    this.page.view.show(this.part("report"), [], false);
    if (!this.#isSizeAccepted()) return;
    this.#show("queued", "Waits for its turn.");
    const { signal } = this.control;
    this.page.jobs.add(async () => {
      if (signal.aborted) return;
      const { api } = this.page;
      if (!api.hasKey) this.#show("no-key", "Enter your API key above; the file is then checked.");
      else await this.#check(signal);
    });
  }

  async #check(signal) {
    try {
      const received = await this.#transfer(signal, (onProgress) =>
        this.page.api.check(this.file, this.options, onProgress, signal),
      );
      // Not awaited: the next file is sent while the portal checks this one.
      this.#follow(received, "checking", signal).then(
        (resource) => signal.aborted || this.#showChecked(resource),
        (error) => this.#fail(error, "check-failed", signal),
      );
    } catch (error) {
      this.#fail(error, "check-failed", signal);
    }
  }

  /** Import the checked file. */
  import() {
    const { signal } = this.control;
    this.#show("importing", "Waits for its turn.");
    this.page.jobs.add(async () => {
      try {
        const received = await this.#import(signal);
        this.#follow(received, "importing", signal).then(
          (resource) => signal.aborted || this.#showImported(resource),
          (error) => this.#fail(error, "import-failed", signal),
        );
      } catch (error) {
        this.#fail(error, "import-failed", signal);
      }
    });
  }

  /** Import the bytes that the portal keeps since the check; send them again only if it does not keep them. */
  async #import(signal) {
    if (this.isRepeated) return this.#send(signal);
    try {
      return await this.#whileBusy(signal, () => this.page.api.importChecked(this.checked.id));
    } catch (error) {
      if (!NOT_KEPT.has(error.status)) throw error;
      return this.#send(signal);
    }
  }

  async #send(signal) {
    const { sha256, received_at: checkedAt } = this.checked;
    const send = (hash) => (onProgress) => this.page.api.send(this.file, this.options, hash, onProgress, signal);
    if (this.isRepeated) return this.#transfer(signal, send(null));
    try {
      const received = await this.#transfer(signal, send(sha256));
      // The service answers with an earlier upload of this content, which may have been imported long ago.
      if (received.received_at > checkedAt) return received;
    } catch (error) {
      // Perhaps the service has answered with an earlier upload, and closed the connection before the last byte.
      this.isRepeated = error.status === NO_RESPONSE;
      throw error;
    }
    return this.#transfer(signal, send(null));
  }

  /** Send bytes, with the progress on the page. */
  #transfer(signal, send) {
    return this.#whileBusy(signal, () => this.#attempt(send));
  }

  /** The response to a request, which is repeated while the portal receives too many other uploads. */
  async #whileBusy(signal, request) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await request();
      } catch (error) {
        if (!BUSY.has(error.status) || attempt === MOST_ATTEMPTS) throw error;
        const waitS = error.retryAfterS ?? BUSY_S;
        this.#show("queued", `${error.short} The next attempt is in ${waitS}\u202fs.`);
        await new Promise((resolve) => setTimeout(resolve, waitS * 1000));
        if (signal.aborted) throw error;
      }
    }
  }

  async #attempt(send) {
    const progress = this.part("progress");
    const onProgress = (share) => {
      progress.value = share;
      const percent = `${Math.floor(share * 100)}\u202f%`;
      this.part("state").textContent = share < 1 ? `Sending: ${percent}` : "Sent. Waiting for the portal.";
    };
    this.#show("sending", "Sending");
    onProgress(0);
    progress.hidden = false;
    try {
      return await send(onProgress);
    } finally {
      progress.hidden = true;
    }
  }

  #follow(received, state, signal) {
    const onState = (resource) => {
      if (!signal.aborted) this.#show(resource.state === "waiting" ? "waiting" : state, stateText(resource));
    };
    const read = () => (signal.aborted ? { ...received, state: "rejected" } : this.page.api.state(received.id));
    return ended(received, read, onState);
  }

  #showChecked(resource) {
    if (resource.state !== "done") {
      this.#show("check-failed", stateText(resource));
      return;
    }
    this.checked = resource;
    const { entries, isRefused, isNew } = reportOf(resource);
    this.page.view.show(this.part("report"), entries, false);
    const [first] = entries;
    if (isRefused) this.#show("refused", "The portal would refuse this file.", first.reason);
    else this.#show(isNew ? "checked" : "unchanged", stateText(resource), first?.title);
  }

  #showImported(resource) {
    if (resource.state !== "done") {
      // The report on the page remains that of the check. Sent again by its hash, the same upload would be returned.
      this.isRepeated = true;
      this.#show(resource.state === "failed" ? "import-failed" : resource.state, stateText(resource));
      return;
    }
    const { entries, isRefused } = reportOf(resource);
    this.page.view.show(this.part("report"), entries, true);
    if (isRefused) this.#show("refused", "The portal has refused this file.", entries[0].reason);
    else this.#show("done", stateText(resource), entries[0]?.title);
  }

  #fail(error, state, signal) {
    if (error.isAborted || signal.aborted) return;
    if (error.status === 401) {
      this.waitForKey();
      this.page.onKeyRefused(error.message);
      return;
    }
    // After a changed file, only a new check helps.
    const isImportable = this.checked && error.code !== "hash_mismatch";
    this.#show(state === "import-failed" && !isImportable ? "check-failed" : state, error.message ?? String(error));
  }

  /** Stop sending until `resume`: the service would refuse the file at its end. */
  waitForKey() {
    this.abort();
    this.control = new AbortController();
    this.#show("no-key", "Waits for a valid API key.");
  }

  /** Continue after a valid key was entered. */
  resume() {
    if (this.checked) this.import();
    else this.check();
  }

  abort() {
    this.control?.abort();
  }

  #isSizeAccepted() {
    const { size } = this.file;
    const { mostBytes } = this.page;
    if (size > 0 && size <= mostBytes) return true;
    const text = size ? `The file is larger than this portal accepts: ${byteSize(mostBytes)}.` : "The file is empty.";
    this.#show("check-failed", text);
    return false;
  }

  #showOptions() {
    const set = Object.entries(this.options).filter(([, value]) => value);
    const texts = set.map(([name, value]) =>
      name === "replace" ? `replace because of “${value}”` : `${OPTION_NAMES[name]} ${value}`.replace(/ true$/, ""),
    );
    this.part("options").textContent = texts.length ? `Options: ${texts.join(", ")}.` : "";
    this.part("options").hidden = !texts.length;
  }

  #show(state, text, more = "") {
    const isNew = state !== this.state;
    this.state = state;
    this.element.dataset.state = state;
    this.part("state").textContent = text;
    // Read before: a hidden button loses the focus.
    const { activeElement } = document;
    for (const button of this.element.querySelectorAll("[data-act]")) {
      button.hidden = !BUTTONS[state].includes(button.dataset.act);
    }
    if (activeElement?.hidden && this.element.contains(activeElement)) this.part("name").focus();
    if (isNew && state !== "queued" && state !== "sending") {
      this.page.announce(`${this.file.name}: ${text} ${more}`.trim());
    }
    this.page.onChange();
  }

  #press(act) {
    if (act === "import") this.import();
    if (act === "check") this.check();
    if (act === "remove") {
      this.abort();
      this.page.onRemove(this);
    }
  }
}
