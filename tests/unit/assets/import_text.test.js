import assert from "node:assert/strict";
import { test } from "node:test";
import { byteSize, isPassing, problemText, stateText, utc, wayOut } from "../../../app/assets/js/import_text.js";

const STATUSES = [0, 400, 401, 403, 404, 408, 409, 410, 411, 413, 415, 422, 429, 500, 503];

test("every error of the service has a sentence of its own", () => {
  const texts = STATUSES.map((status) => problemText({ status }));
  assert.equal(new Set(texts).size, STATUSES.length);
  for (const text of texts) assert.match(text, /^[A-Z][^{}]+\.$/);
});

test("the detail of the service is a part of the sentence, with one full stop", () => {
  assert.equal(
    problemText({ status: 401, detail: "the API key expired on 2026-01-02" }),
    "The portal does not accept this API key: the API key expired on 2026-01-02.",
  );
  assert.match(problemText({ status: 500, detail: "Something went wrong." }), /\(500\)\. Something went wrong\.$/);
});

test("a time to wait is named", () => {
  assert.match(problemText({ status: 429, retryAfterS: 12 }), /Try again in 12\u202fs\.$/);
});

test("the limit that was reached is named, with the advice of the service", () => {
  const detail = "Too many uploads at once with this API key; try again when one of them has ended.";
  assert.equal(problemText({ status: 429, detail, retryAfterS: 10 }), detail);
});

test("a changed file needs a new check, whatever the status", () => {
  assert.match(problemText({ status: 422, code: "hash_mismatch" }), /Check it again/);
});

test("only errors that pass without the operator are tried again", () => {
  assert.deepEqual(STATUSES.filter(isPassing), [0, 408, 429, 500, 503]);
});

test("a dry run and an import have different states", () => {
  assert.match(stateText({ state: "running", dry_run: true }), /checks/);
  assert.match(stateText({ state: "running", dry_run: false }), /imports/);
  assert.match(stateText({ state: "done", dry_run: true }), /No data are imported yet; .* for 24 hours/);
  assert.match(stateText({ state: "rejected", reason: "another glider." }), /: another glider\.$/);
  assert.match(stateText({ state: "failed", reason: "out of memory" }), /: out of memory\.$/);
});

test("sizes, times and ways out", () => {
  assert.deepEqual([999, 1500, 2_500_000, 2 ** 31].map(byteSize), [
    "999\u202fbytes",
    "1.5\u202fkB",
    "2.5\u202fMB",
    "2.1\u202fGB",
  ]);
  assert.equal(utc("2022-12-08T11:45:52.123Z"), "2022-12-08 11:45 UTC");
  assert.match(wayOut("no_platform"), /Options/);
  assert.equal(wayOut("truncated"), "");
});
