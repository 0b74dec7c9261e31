// The stream of changes for a page. It is open only while the page is visible: over HTTP/1.1 a browser has six
// connections to a host, and a page in the background needs none.

const CLOSE_AFTER_MS = 10_000; // A visitor who switches between two pages keeps both streams.
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 300_000;

/** The time before attempt number `failures` + 1 after a refusal; `random` is between 0 and 1. */
export function retryMs(failures, random = Math.random()) {
  return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS) * (0.5 + random);
}

export class Stream {
  /** `onEvent` receives (name, position, data) of each event. `position`: where the page is, null if unknown. */
  constructor(url, tags, position, onEvent) {
    Object.assign(this, { url, tags, position, onEvent, source: null, failures: 0, timer: null });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.closeLater() : this.open()));
    window.addEventListener("pagehide", () => this.close());
    window.addEventListener("pageshow", ({ persisted }) => persisted && this.open());
    if (!document.hidden) this.open();
  }

  open() {
    clearTimeout(this.timer);
    if (this.source) return;
    const query = new URLSearchParams({ tags: this.tags });
    if (this.position) query.set("after", this.position);
    this.source = new EventSource(`${this.url}?${query}`);
    for (const name of ["ready", "change", "resync"]) {
      this.source.addEventListener(name, ({ lastEventId, data }) => {
        this.position = lastEventId;
        this.onEvent(name, lastEventId, JSON.parse(data));
      });
    }
    this.source.addEventListener("open", () => (this.failures = 0));
    // After a lost connection the browser connects again by itself; after a refusal it does not.
    this.source.addEventListener("error", () => this.source?.readyState === EventSource.CLOSED && this.retry());
  }

  retry() {
    this.close();
    this.failures += 1;
    this.timer = setTimeout(() => document.hidden || this.open(), retryMs(this.failures));
  }

  closeLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.close(), CLOSE_AFTER_MS);
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }
}
