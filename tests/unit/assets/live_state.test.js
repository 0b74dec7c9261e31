import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { current, numberOf, positionIn } from "../../../app/assets/js/live_state.js";
import { retryMs } from "../../../app/assets/js/live_stream.js";

const { fetch } = globalThis;
afterEach(() => (globalThis.fetch = fetch));

/** Answers with these states in turn, the last one again and again; returns the number of requests. */
function answering(...states) {
  const requests = [];
  globalThis.fetch = async (url, options) => {
    const state = states[Math.min(requests.length, states.length - 1)];
    requests.push({ url, options });
    const headers = new Headers(state === null ? {} : { "Server-Timing": `change;desc="${state}"` });
    return { ok: state !== "error", status: 500, headers };
  };
  return requests;
}

test("a position is read from the header among others", () => {
  assert.equal(positionIn('change;desc="42.0123abcd"'), "42.0123abcd");
  assert.equal(positionIn('cdn;dur=3, change;desc="7."'), "7.");
  assert.equal(positionIn('exchange;desc="7.a"'), null);
  assert.equal(positionIn(null), null);
  assert.equal(numberOf("42.0123abcd"), 42);
  assert.equal(numberOf(null), 0);
});

test("a page that includes the change is requested once, and the server is asked", async () => {
  const requests = answering("5.a");
  await current("/page", 5, "text/html");
  assert.equal(requests.length, 1);
  assert.equal(requests[0].options.cache, "no-cache");
});

test("a page from before the change is requested again", async () => {
  const requests = answering("4.a", "5.a");
  const response = await current("/page", 5, "text/html");
  assert.equal(requests.length, 2);
  assert.equal(positionIn(response.headers.get("Server-Timing")), "5.a");
});

test("a response without a state is used", async () => {
  assert.equal(answering(null).length, 0);
  const requests = answering(null);
  await current("/page", 5, "text/html");
  assert.equal(requests.length, 1);
});

test("an error is thrown", async () => {
  answering("error");
  await assert.rejects(current("/page", 5, "text/html"), /status 500/);
});

test("the time before a further attempt doubles up to five minutes, and is spread", () => {
  assert.equal(retryMs(1, 0.5), 5000);
  assert.equal(retryMs(2, 0.5), 10_000);
  assert.equal(retryMs(20, 0.5), 300_000);
  assert.deepEqual([retryMs(1, 0), retryMs(1, 1)], [2500, 7500]);
});
