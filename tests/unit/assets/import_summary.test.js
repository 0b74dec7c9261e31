import assert from "node:assert/strict";
import { test } from "node:test";
import { summaryOf } from "../../../app/assets/js/import_summary.js";

test("a line counts the files by what has happened to them", () => {
  const states = ["done", "queued", "checked", "refused", "rejected", "sending", "waiting", "check-failed", "no-key"];
  assert.equal(
    summaryOf(states),
    "9 files: 1 checked, 1 imported, 2 refused, 1 failed, 1 waiting for approval, 1 waiting for a key, 2 in progress.",
  );
  assert.equal(summaryOf(["unchanged", "importing"]), "2 files: 1 stored already, 1 in progress.");
});
