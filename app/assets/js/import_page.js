// The page that imports files: each file is checked first, and stored only when the visitor presses Import.
import { announcer } from "./import_announcer.js";
import { ImportApi } from "./import_api.js";
import { startDrops } from "./import_drop.js";
import { Jobs } from "./import_jobs.js";
import { KeyField } from "./import_key.js";
import { ReportView } from "./import_report_view.js";
import { FileRow } from "./import_row.js";
import { summaryOf } from "./import_summary.js";

// A worker of the service receives a few uploads at once; two keep a slow line busy between files.
const AT_ONCE = 2;
// Screen readers read the whole line again after each change.
const SUMMARY_MS = 1000;
// States in which the portal does not have all bytes yet.
const UNSENT = new Set(["queued", "sending"]);

export class ImportPage {
  constructor(main) {
    const { api, missions, mostBytes } = main.dataset;
    const part = (name) => main.querySelector(`[data-${name}]`);
    this.main = main;
    this.rows = [];
    this.mostBytes = Number(mostBytes);
    this.api = new ImportApi(api);
    this.jobs = new Jobs(AT_ONCE);
    this.view = new ReportView(part("warning-texts"), missions);
    const announce = announcer(part("announce"));
    // The line about all files takes the place of a sentence about each one.
    this.announce = (text) => this.rows.length > 1 || announce(text);
    this.key = new KeyField(part("key-form"), this.api, (isNew) => this.#resume(isNew));
    Object.assign(this, {
      list: part("files"),
      listPart: part("files-part"),
      template: part("row"),
      chooser: part("chooser"),
      all: part("import-all"),
      note: part("drop-note"),
      summary: part("summary"),
      optionsForm: part("options-form"),
    });
    this.#start(part("drop"));
  }

  #start(zone) {
    this.chooser.addEventListener("change", () => {
      this.#add([...this.chooser.files], []);
      this.chooser.value = ""; // So that the same file can be chosen again.
    });
    startDrops(zone, (files, folders) => this.#add(files, folders));
    this.optionsForm.addEventListener("submit", (event) => event.preventDefault());
    this.all.addEventListener("click", () => {
      for (const row of this.rows) if (row.canBeImported) row.import();
      this.listPart.querySelector("h2").focus();
    });
    window.addEventListener("beforeunload", (event) => {
      if (!this.rows.some(({ state }) => UNSENT.has(state))) return;
      event.preventDefault();
      event.returnValue = true; // For Chromium below 119.
    });
    this.main.dataset.ready = "true";
  }

  /** The options of the form, by their names in the service; empty ones have no effect. */
  options() {
    const fields = Object.fromEntries(new FormData(this.optionsForm));
    return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.trim()]));
  }

  #add(files, folders) {
    const isListed = (file) =>
      this.rows.some((row) => row.file.name === file.name && row.file.lastModified === file.lastModified);
    const fresh = files.filter((file) => !isListed(file));
    const notes = folders.map((name) => `${name} is a folder: choose its files.`);
    if (fresh.length < files.length) notes.push("A file that is in the list already was not added again.");
    this.note.textContent = notes.join(" ");
    this.note.hidden = !notes.length;
    for (const file of fresh) {
      const row = new FileRow(file, this.template, this);
      this.rows.push(row);
      this.list.append(row.element);
      row.check();
    }
    if (fresh.length && !this.api.hasKey) this.key.input.focus();
    this.onChange();
  }

  #resume(isNewKey) {
    for (const row of this.rows) {
      // Its request has the key of before, which may be the wrong one.
      if (isNewKey && row.state === "sending") row.waitForKey();
      if (row.state === "no-key") row.resume();
    }
  }

  onKeyRefused(text) {
    for (const row of this.rows) if (row.state === "sending") row.waitForKey();
    this.key.refused(text);
  }

  onRemove(row) {
    const index = this.rows.indexOf(row);
    this.rows.splice(index, 1);
    row.element.remove();
    this.onChange();
    const next = this.rows[Math.min(index, this.rows.length - 1)];
    (next?.part("name") ?? this.chooser).focus();
  }

  onChange() {
    const count = this.rows.filter(({ canBeImported }) => canBeImported).length;
    this.listPart.hidden = !this.rows.length;
    this.all.hidden = count < 2;
    this.all.textContent = `Import all ${count} checked files`;
    this.summaryTimer ??= setTimeout(() => this.#summarise(), SUMMARY_MS);
  }

  #summarise() {
    this.summaryTimer = null;
    const text = this.rows.length > 1 ? summaryOf(this.rows.map(({ state }) => state)) : "";
    if (this.summary.textContent !== text) this.summary.textContent = text;
  }
}
