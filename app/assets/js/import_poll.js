// Waits for the end of an upload: its state is read again and again, less often with time.
import { isPassing } from "./import_text.js";

const FIRST_MS = 300; // A small file is checked in half a second.
const LAST_MS = 10_000;
const FACTOR = 1.5;
const WAITING_MS = 30_000; // An operator decides in minutes, not in seconds.
const MOST_FAILURES = 10; // In a row: two minutes and more.

const ENDED = new Set(["done", "failed", "rejected"]);

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const hasEnded = ({ state }) => ENDED.has(state);

/**
 * The last state of an upload. `first` is its state now, `read` returns the next one, `onState` receives each one.
 * Throws the error of `read` when it does not pass; `pause` and `random` are replaced in tests.
 */
export async function ended(first, read, onState, { pause = sleep, random = Math.random } = {}) {
  let resource = first;
  let waitMs = FIRST_MS;
  let failures = 0;
  onState(resource);
  while (!hasEnded(resource)) {
    await pause((resource.state === "waiting" ? WAITING_MS : waitMs) * (0.75 + random() / 2));
    waitMs = Math.min(waitMs * FACTOR, LAST_MS);
    try {
      resource = await read();
      failures = 0;
      onState(resource);
    } catch (error) {
      failures += 1;
      if (!isPassing(error.status) || failures >= MOST_FAILURES) throw error;
      waitMs = Math.max((error.retryAfterS ?? 0) * 1000, LAST_MS);
    }
  }
  return resource;
}
