// What the upload service reports, in plain words: errors, states and outcomes. Nothing here touches the page.

/** The status of a request without a response. */
export const NO_RESPONSE = 0;
const THIN = "\u202f";

const NETWORK = "The connection was lost, or the file on your disk was changed or moved.";
const KEY = "The portal does not accept this API key";

// Sentences by status code. A function receives the problem document's `detail`.
const PROBLEMS = {
  [NO_RESPONSE]: () => NETWORK,
  400: (detail) => `The portal could not read the upload: ${detail || "it ended early"}.`,
  401: (detail) => `${KEY}: ${detail || "it is wrong, expired or revoked"}.`,
  403: (detail) => `The API key does not allow this: ${detail || "another role or provider is needed"}.`,
  404: (detail) => `The portal has no such upload, or accepts none: ${detail || "not found"}.`,
  408: () => "The upload was too slow, so the portal ended it. Try again on a faster connection.",
  409: (detail) => `This is not possible any more: ${detail || "the state has changed"}.`,
  411: () => "The portal did not receive the size of the file. A proxy between you and the portal may remove it.",
  413: (detail) => `The file is larger than this portal accepts. ${sentence(detail)}`,
  415: () => "The portal accepts files as they are, and no forms.",
  422: (detail) => `The portal could not use the file: ${detail || "its content differs from the checked one"}.`,
  410: (detail) => `The portal does not keep the file any more: ${detail || "send it again"}.`,
  429: (detail) => sentence(detail) || "You have sent too many requests.",
  503: () => "The portal is busy or its database is unreachable.",
};
// A later attempt may succeed without a change by the operator.
const PASSING = new Set([NO_RESPONSE, 408, 429, 500, 502, 503, 504]);

export const isPassing = (status) => PASSING.has(status);

/** One sentence or two about a failed request: {status, detail, code, retryAfterS}. */
export function problemText({ status, detail = "", code = "", retryAfterS = null }) {
  if (code === "hash_mismatch") return "The file differs from the one that was checked. Check it again.";
  const unknown = () => `The portal reports an error (${status}). ${sentence(detail)}`;
  const text = (PROBLEMS[status] ?? unknown)(trimmed(detail)).trim();
  const hasAdvice = /try again/i.test(text);
  return retryAfterS && !hasAdvice ? `${text} Try again in ${retryAfterS}${THIN}s.` : text;
}

const trimmed = (text) => text.trim().replace(/\.$/, "");
const sentence = (text) => (text.trim() ? `${trimmed(text)}.` : "");

const CHECKED = {
  stored: "Would be stored",
  replaced: "Would replace the stored version",
  unchanged: "Is stored already: an import would change nothing",
  refused: "Would be refused",
};
const IMPORTED = {
  stored: "Stored",
  replaced: "Replaced the stored version",
  unchanged: "Was stored already: nothing changed",
  refused: "Refused",
};

/** The outcome of a mission of a file, for a check or for an import. */
export const outcomeText = (outcome, isDryRun) => (isDryRun ? CHECKED : IMPORTED)[outcome] ?? outcome;

const STATES = {
  received: "Received. The portal prepares the file.",
  waiting: "Waits for the approval of an operator.",
  queued: "In the queue of the portal.",
  rejected: "An operator has rejected the file.",
  failed: "The portal could not finish. The file is kept with the failed task.",
};

const CHECKED_TEXT = "Checked. No data are imported yet; the portal keeps the file for 24 hours.";

/** The state of an upload: a resource of the service. */
export function stateText({ state, dry_run: isDryRun, reason }) {
  if (state === "failed" && reason) return `The portal could not finish: ${trimmed(reason)}.`;
  if (state === "rejected" && reason) return `An operator has rejected the file: ${trimmed(reason)}.`;
  if (state === "running") return isDryRun ? "The portal checks the file." : "The portal imports the file.";
  if (state === "done") return isDryRun ? CHECKED_TEXT : "Finished.";
  return STATES[state] ?? state;
}

// What the caller can do about a refusal; the reason itself comes from the service.
const WAYS_OUT = {
  no_platform: "Enter the platform under Options, and check the file again.",
  no_mission: "Enter the mission under Options, and check the file again.",
  bad_identity: "Enter the platform or the mission under Options, and check the file again.",
  part_of_mission: "If the shorter history is right, allow it under Options, and check the file again.",
  lower_mode: "An operator can replace the mission: enter a reason under Options, and check the file again.",
  not_newer: "An operator can replace the mission: enter a reason under Options, and check the file again.",
  loses_data: "An operator can replace the mission: enter a reason under Options, and check the file again.",
  wrong_provider: "Use the API key of the provider, or ask the operator of the portal.",
  archive: "Unpack the archive, and add its files.",
  no_navigation: "Import the files of a sailbuoy together, with the command line.",
};

/** What to do about a refusal with this code; empty if only another file helps. */
export const wayOut = (code) => WAYS_OUT[code] ?? "";

/** `12 345`, with thin spaces. */
export const number = (value) => Math.round(value).toLocaleString("en").replaceAll(",", THIN);

/** A size in bytes, kB, MB or GB. */
export function byteSize(bytes) {
  if (bytes < 1000) return `${bytes}${THIN}bytes`;
  const [unit, factor] = [
    ["kB", 1e3],
    ["MB", 1e6],
    ["GB", 1e9],
  ].findLast(([, size]) => bytes >= size);
  return `${(bytes / factor).toFixed(1)}${THIN}${unit}`;
}

/** `2022-12-08 11:45 UTC` of a time of the API; empty for none. */
export const utc = (text) => (text ? `${text.slice(0, 10)} ${text.slice(11, 16)} UTC` : "");
