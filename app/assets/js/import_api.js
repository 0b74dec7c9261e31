// Requests of the upload service. The API key is a private field of this object: no page and no storage has it.
import { NO_RESPONSE, problemText } from "./import_text.js";

// The service answers small requests within two seconds, or with 503.
const TIMEOUT_MS = 30_000;
// Keys have these characters only; others cannot be sent in a header.
const KEY = /^[\x21-\x7e]+$/;

/**
 * A request that failed: its status, and a text for people; `short` is the text without a time to wait.
 * `isAborted`: the visitor has cancelled it.
 */
export class Refusal extends Error {
  constructor(problem, isAborted = false) {
    super(problemText(problem));
    const { status, code = "", retryAfterS = null } = problem;
    const short = problemText({ ...problem, retryAfterS: null });
    Object.assign(this, { status, code, retryAfterS, isAborted, short });
  }
}

/** The problem in a response: `body` is its text, which a proxy may have written. */
export function problemIn(status, retryAfter, body) {
  const retryAfterS = Number.parseInt(retryAfter ?? "", 10) || null;
  try {
    const { detail, code, type } = JSON.parse(body);
    return {
      status,
      retryAfterS,
      detail: String(detail ?? ""),
      code:
        code ??
        String(type ?? "")
          .split(/[/#:]/)
          .at(-1),
    };
  } catch {
    return { status, retryAfterS };
  }
}

/** The query of an upload: options without a value are left out. */
export function queryOf(fileName, options, isDryRun) {
  const query = new URLSearchParams({ file_name: fileName });
  if (isDryRun) query.set("dry_run", "true");
  for (const [name, value] of Object.entries(options)) if (value) query.set(name, value);
  return String(query);
}

export class ImportApi {
  #key = "";
  keyNumber = 0; // Another one for each key that is used.

  constructor(url) {
    this.url = url;
  }

  get hasKey() {
    return this.#key !== "";
  }

  /** Use this key from now on; false if it cannot be one. */
  use(key) {
    const text = key.trim();
    const next = KEY.test(text) ? text : "";
    if (next && next !== this.#key) this.keyNumber += 1;
    this.#key = next;
    return this.hasKey || text === "";
  }

  /** Check a file: its bytes are sent and kept for 24 hours; no data are imported. */
  check(file, options, onProgress, signal) {
    return this.#send("POST", `?${queryOf(file.name, options, true)}`, file, onProgress, signal);
  }

  /** Import a file by sending its bytes. With `sha256`, the service refuses another content than the checked one. */
  send(file, options, sha256, onProgress, signal) {
    const query = queryOf(file.name, options, false);
    const [method, path] = sha256 ? ["PUT", `/${sha256}`] : ["POST", ""];
    return this.#send(method, `${path}?${query}`, file, onProgress, signal);
  }

  /** Import the file of a check, whose bytes the portal keeps. Repeated, it returns the import that exists. */
  importChecked(id) {
    return this.#request(`/${encodeURIComponent(id)}/import`, "POST");
  }

  /** The state of an upload. */
  state(id) {
    return this.#request(`/${encodeURIComponent(id)}`);
  }

  /** The uploads that wait for an operator. */
  async waiting() {
    const list = await this.#request("/waiting");
    return Array.isArray(list) ? list : list.items;
  }

  approve(id) {
    return this.#request(`/${encodeURIComponent(id)}/approve`, "POST");
  }

  reject(id, reason) {
    return this.#request(`/${encodeURIComponent(id)}/reject?${new URLSearchParams({ reason })}`, "POST");
  }

  async #request(path, method = "GET") {
    let response;
    try {
      response = await fetch(this.url + path, {
        method,
        headers: this.#headers(),
        cache: "no-store",
        credentials: "omit",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.ok) return await response.json();
    } catch {
      throw new Refusal({ status: NO_RESPONSE });
    }
    throw new Refusal(problemIn(response.status, response.headers.get("Retry-After"), await response.text()));
  }

  /** XMLHttpRequest, because fetch does not report the progress of a request body in every browser. */
  #send(method, path, file, onProgress, signal) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, this.url + path);
      const headers = { ...this.#headers(), "Content-Type": "application/octet-stream" };
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
      request.addEventListener("load", () => {
        const body = request.responseText;
        if (request.status < 300) {
          resolve(JSON.parse(body));
          return;
        }
        reject(new Refusal(problemIn(request.status, request.getResponseHeader("Retry-After"), body)));
      });
      request.addEventListener("error", () => this.#causeOfLoss().then((problem) => reject(new Refusal(problem))));
      request.addEventListener("abort", () => reject(new Refusal({ status: NO_RESPONSE }, true)));
      signal.addEventListener("abort", () => request.abort(), { once: true });
      request.send(file);
    });
  }

  #headers() {
    return { Accept: "application/json", Authorization: `Bearer ${this.#key}` };
  }

  /**
   * A server that refuses a large body may close the connection before the browser reads its response. A wrong key
   * is then reported by the next small request; a valid key gets 404 for this id.
   */
  async #causeOfLoss() {
    try {
      await this.state("unknown");
    } catch ({ status, message }) {
      if (status === 401) return { status, detail: message.split(": ").at(-1) };
    }
    return { status: NO_RESPONSE };
  }
}
