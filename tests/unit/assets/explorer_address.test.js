import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAddress, hasView, parseAddress, parseRange } from "../../../app/assets/js/explorer_address.js";

test("the first part is the anchor, the others are the view", () => {
  assert.deepEqual(parseAddress("#section-temperature&y=0,50&by=time"), {
    anchor: "section-temperature",
    state: { y: "0,50", by: "time" },
  });
});

test("without a fragment both are empty", () => {
  assert.deepEqual(parseAddress(""), { anchor: "", state: {} });
});

test("other names, empty parts and broken escapes are ignored", () => {
  assert.deepEqual(parseAddress("#ts&z=1&x=&y=%E0%A4%A&colours=1,2").state, { colours: "1,2" });
});

test("commas and colons of times stay readable, and an address is read back", () => {
  const state = { x: "2022-12-08T00:00:00Z,2022-12-09T00:00:00Z", profile: "12@2022-12-08T11:45:24Z" };
  const address = formatAddress("section-temperature", state);
  assert.equal(
    address,
    "#section-temperature&x=2022-12-08T00:00:00Z,2022-12-09T00:00:00Z&profile=12%402022-12-08T11:45:24Z",
  );
  assert.deepEqual(parseAddress(address), { anchor: "section-temperature", state });
});

test("null removes a part, and an anchor stays alone", () => {
  assert.equal(formatAddress("ts", { x: null, by: "time" }), "#ts&by=time");
  assert.equal(formatAddress("ts", {}), "#ts");
});

test("a range has two bounds in rising order", () => {
  assert.deepEqual(parseRange("1.5,2"), [1.5, 2]);
  assert.deepEqual(parseRange("-2,-1"), [-2, -1]);
  assert.deepEqual(parseRange("1970-01-01T00:00:00Z,1970-01-01T00:01:00Z", true), [0, 60_000]);
});

test("anything else is no range", () => {
  const texts = [undefined, "", "1", "1,", ",2", "2,1", "1,1", "1,2,3", "a,b", "1,Infinity"];
  assert.deepEqual(
    texts.map((text) => parseRange(text)),
    Array(texts.length).fill(null),
  );
  assert.equal(parseRange("now,then", true), null);
});

test("a profile alone is no view of a plot", () => {
  assert.equal(hasView(parseAddress("#ts&profile=1%40x").state), false);
  assert.equal(hasView(parseAddress("#ts&along=distance").state), true);
});
