import assert from "node:assert/strict";
import { test } from "node:test";
import { formatFragment, parseFragment, parseView } from "../../../app/assets/js/map_address.js";

test("a fragment holds view, mission and hidden layers", () => {
  assert.deepEqual(parseFragment("#map=5.5/55.1/-15&mission=p1/m1&hide=basins,positions"), {
    map: "5.5/55.1/-15",
    mission: "p1/m1",
    hide: "basins,positions",
  });
});

test("other parts, empty parts and broken escapes are ignored", () => {
  assert.deepEqual(parseFragment(""), {});
  assert.deepEqual(parseFragment("#content"), {});
  assert.deepEqual(parseFragment("#zoom=3&mission=&hide=%E0%A4%A&map=1/2/3"), { map: "1/2/3" });
});

test("an empty state has no fragment", () => {
  assert.equal(formatFragment({}), "");
  assert.equal(formatFragment({ map: null, hide: "" }), "");
});

test("a state is written in a fixed order with readable slashes and commas", () => {
  const state = { hide: "basins,positions", mission: "p 1/m&1", map: "5/55/15", other: "x" };
  assert.equal(formatFragment(state), "#map=5/55/15&mission=p%201/m%261&hide=basins,positions");
});

test("a written state is read back", () => {
  const state = { map: "5/55/15", mission: "é=ü/#1", hide: "basins" };
  assert.deepEqual(parseFragment(formatFragment(state)), state);
});

test("a view has a zoom and a centre", () => {
  assert.deepEqual(parseView("#map=5.5/55.123/-15"), { zoom: 5.5, center: [55.123, -15] });
  assert.deepEqual(parseView("#map=0/-86/360"), { zoom: 0, center: [-86, 360] });
});

test("no view is read from a fragment without one, or from one outside the map", () => {
  const fragments = ["", "#map=5/55", "#map=-1/0/0", "#map=15/0/0", "#map=5/87/0", "#map=5/0/361", "#map=a/b/c"];
  assert.deepEqual(fragments.map(parseView), Array(fragments.length).fill(null));
});
