import assert from "node:assert/strict";
import { test } from "node:test";
import { reportOf } from "../../../app/assets/js/import_report.js";

const STORED = {
  outcome: "stored",
  reason_code: null,
  reason: null,
  platform: "smilla77",
  mission: "20221208T1145",
  data_mode: "R",
  profiles: 1234,
  warnings: [{ code: "position_jump", count: 3 }],
  not_imported: [{ reason: "no unit", variables: ["a", "b"] }],
  would: { start_at: "2022-12-08T11:45:52.000Z", end_at: "2022-12-16T15:45:24.000Z", samples: 99, profiles: 1 },
};
const REFUSED = { outcome: "refused", reason_code: "no_platform", reason: "id: names no platform", platform: null };

test("an entry has what would be stored", () => {
  const { entries, isNew, isRefused } = reportOf({ dry_run: true, result: [STORED] });
  assert.deepEqual([isNew, isRefused], [true, false]);
  const [entry] = entries;
  assert.equal(entry.title, "Would be stored");
  assert.deepEqual(Object.fromEntries(entry.facts), {
    Platform: "smilla77",
    Mission: "20221208T1145",
    "Data mode": "Real time",
    Span: "2022-12-08 11:45 UTC to 2022-12-16 15:45 UTC",
    Profiles: "1\u202f234",
    Samples: "99",
  });
  assert.deepEqual(entry.warnings, STORED.warnings);
  assert.deepEqual(entry.notImported, [{ reason: "no unit", names: "a, b" }]);
});

test("an import has another title than a dry run", () => {
  assert.equal(reportOf({ dry_run: false, result: [STORED] }).entries[0].title, "Stored");
});

test("a refusal has its reason, its code, and what to do about it", () => {
  const { entries, isNew, isRefused } = reportOf({ dry_run: true, result: [REFUSED] });
  assert.deepEqual([isNew, isRefused], [false, true]);
  assert.deepEqual(entries[0].facts, []);
  assert.equal(entries[0].reason, REFUSED.reason);
  assert.match(entries[0].hint, /Options/);
});

test("a file is refused only if all of its missions are", () => {
  assert.equal(reportOf({ result: [STORED, REFUSED] }).isRefused, false);
  assert.equal(reportOf({ result: null }).isRefused, false);
  assert.equal(reportOf({ result: [{ outcome: "unchanged" }] }).isNew, false);
});

test("variables of the command's report are grouped by reason, and long lists are cut", () => {
  const unread = Array.from({ length: 70 }, (_, index) => ({ name: `v${index}`, reason: "text" }));
  const [{ notImported }] = reportOf({ result: [{ ...REFUSED, would: { unread_variables: unread } }] }).entries;
  assert.equal(notImported.length, 1);
  assert.match(notImported[0].names, /^v0, v1, .* and 10 more$/);
});
