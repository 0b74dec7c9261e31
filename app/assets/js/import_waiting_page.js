// The page of uploads that wait for an operator: reports, approval and rejection.
import { showAges } from "./ages.js";
import { announcer } from "./import_announcer.js";
import { ImportApi } from "./import_api.js";
import { KeyField } from "./import_key.js";
import { ended } from "./import_poll.js";
import { reportOf } from "./import_report.js";
import { element, pairs, ReportView } from "./import_report_view.js";
import { byteSize, stateText, utc } from "./import_text.js";

const senderOf = (by) => (typeof by === "string" ? by : (by?.name ?? "unknown"));

class WaitingUpload {
  constructor(resource, template, page) {
    Object.assign(this, { resource, page });
    this.element = template.content.firstElementChild.cloneNode(true);
    this.part = (name) => this.element.querySelector(`[data-part="${name}"]`);
    this.part("name").textContent = resource.file_name;
    for (const name of this.element.querySelectorAll("[data-file-name]")) name.textContent = resource.file_name;
    this.part("facts").append(this.#facts());
    page.view.show(this.part("report"), reportOf({ ...resource, dry_run: true }).entries, false);
    this.#startButtons();
  }

  #facts() {
    const { by, received_at: at, bytes, sha256 } = this.resource;
    const time = element("time", { dateTime: at }, utc(at));
    time.dataset.age = "";
    return pairs([
      ["Sent by", senderOf(by)],
      ["Received", time],
      ["Size", byteSize(bytes)],
      ["SHA-256", element("code", { className: "breaks" }, sha256)],
    ]);
  }

  #startButtons() {
    const form = this.part("reject-form");
    const reason = this.part("reason");
    reason.id = `reason-${this.resource.id}`;
    form.querySelector("label").htmlFor = reason.id;
    this.part("approve").addEventListener("click", () => this.#decide(() => this.page.api.approve(this.resource.id)));
    this.part("reject").addEventListener("click", () => {
      form.hidden = false;
      this.part("buttons").hidden = true;
      reason.focus();
    });
    this.part("cancel").addEventListener("click", () => {
      form.hidden = true;
      this.part("buttons").hidden = false;
      this.part("reject").focus();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#decide(() => this.page.api.reject(this.resource.id, reason.value.trim()));
    });
  }

  async #decide(request) {
    const { api, key } = this.page;
    this.#allow(false);
    try {
      const first = await request();
      this.#end();
      const last = await ended(
        first,
        () => api.state(this.resource.id),
        (resource) => this.#show(resource.state, stateText(resource)),
      );
      const { entries } = reportOf(last);
      if (last.state === "done") this.page.view.show(this.part("report"), entries, true);
      this.#show(last.state, entries.length && last.state === "done" ? entries[0].title : stateText(last));
    } catch (error) {
      this.#allow(true);
      this.#show("error", error.message);
      this.part("name").focus();
      if (error.status === 401) key.refused(error.message);
    }
  }

  /** Lets the buttons be pressed, or not while a decision is being sent. */
  #allow(isAllowed) {
    for (const button of this.element.querySelectorAll("button")) button.disabled = !isAllowed;
  }

  #end() {
    this.part("buttons").hidden = true;
    this.part("reject-form").hidden = true;
    this.part("name").focus();
  }

  #show(state, text) {
    if (this.part("state").textContent === text) return;
    this.element.dataset.state = state;
    this.part("state").textContent = text;
    this.page.announce(`${this.resource.file_name}: ${text}`);
  }
}

export class WaitingPage {
  constructor(main) {
    const { api, missions } = main.dataset;
    const part = (name) => main.querySelector(`[data-${name}]`);
    this.api = new ImportApi(api);
    this.view = new ReportView(part("warning-texts"), missions);
    this.announce = announcer(part("announce"));
    Object.assign(this, { list: part("uploads"), summary: part("summary"), template: part("row") });
    this.key = new KeyField(part("key-form"), this.api, () => this.#load());
    main.dataset.ready = "true";
  }

  async #load() {
    if (this.isLoading) return; // Enter in the field is both a change and a submission.
    this.isLoading = true;
    this.#summarise("Loading the list.");
    try {
      const uploads = await this.api.waiting();
      this.list.replaceChildren(...uploads.map((each) => new WaitingUpload(each, this.template, this).element));
      showAges(this.list);
      const count = uploads.length === 1 ? "One upload waits" : `${uploads.length} uploads wait`;
      this.#summarise(uploads.length ? `${count} for a decision.` : "No upload waits for a decision.");
    } catch (error) {
      this.#summarise(error.status === 401 ? "The list needs a valid key." : error.message);
      if (error.status === 401) this.key.refused(error.message);
    }
    this.isLoading = false;
  }

  #summarise(text) {
    this.summary.textContent = text;
  }
}
