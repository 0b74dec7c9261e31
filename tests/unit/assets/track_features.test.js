import assert from "node:assert/strict";
import { test } from "node:test";
import {
  byMission,
  counted,
  heading,
  lastOf,
  missionKey,
  missionName,
  omissions,
  positions,
  unrollFeatures,
} from "../../../app/assets/js/track_features.js";

const feature = (mission, kind, geometry = null) => ({ geometry, properties: { platform: "p1", mission, kind } });
const point = (lon, lat) => ({ type: "Point", coordinates: [lon, lat] });

test("a mission's key is its platform and its stamp", () => {
  assert.equal(missionKey({ platform: "smilla77", mission: "20221208T1145" }), "smilla77/20221208T1145");
});

test("features are grouped by mission in the order of the API", () => {
  const [b1, a1, b2] = [feature("b", "track"), feature("a", "track"), feature("b", "last_position")];
  assert.deepEqual(
    [...byMission([b1, a1, b2])],
    [
      ["p1/b", [b1, b2]],
      ["p1/a", [a1]],
    ],
  );
  assert.equal(byMission([]).size, 0);
});

test("positions of all kinds of geometry", () => {
  assert.deepEqual(positions(null), []);
  assert.deepEqual(positions(point(1, 2)), [[1, 2]]);
  assert.deepEqual(
    positions({
      type: "LineString",
      coordinates: [
        [1, 2],
        [3, 4],
      ],
    }),
    [
      [1, 2],
      [3, 4],
    ],
  );
  assert.deepEqual(positions({ type: "MultiLineString", coordinates: [[[1, 2]], [[3, 4]]] }), [
    [1, 2],
    [3, 4],
  ]);
});

test("track and last position of a mission are unrolled together", () => {
  const line = {
    type: "MultiLineString",
    coordinates: [
      [
        [179, 50],
        [179.9, 50],
      ],
    ],
  };
  const unroll = unrollFeatures([{ geometry: line }, { geometry: point(-179.5, 50) }, { geometry: null }]);
  assert.equal(unroll(-179.5), 180.5);
  assert.equal(unrollFeatures([{ geometry: null }])(-179.5), -179.5);
});

test("the heading is that of the last step of the last line", () => {
  const east = [
    [0, 0],
    [0, 1],
  ];
  const north = [
    [10, 5],
    [20, 5],
    [30, 5],
  ];
  assert.equal(heading([north, east]), 90);
  assert.equal(heading([east, north]), 0);
  assert.equal(
    Math.abs(
      heading([
        [
          [1, 0],
          [0, 0],
        ],
      ]),
    ),
    180,
  );
  assert.equal(
    heading([
      [
        [0, 181],
        [0, 180],
      ],
    ]),
    -90,
  );
});

test("the heading is the angle on the Mercator map, where a degree of latitude grows towards the poles", () => {
  const step = [
    [60, 0],
    [60.001, 0.002],
  ];
  assert.equal(heading([step]).toFixed(1), "45.0");
});

test("the marker of a mission is at the reported position if there is one", () => {
  const [track, last, reported] = ["track", "last_position", "reported_position"].map((kind) => feature("a", kind));
  assert.equal(lastOf([track, last, reported]), reported);
  assert.equal(lastOf([track, last]), last);
  assert.equal(lastOf([track]), undefined);
});

test("without a step the heading is north", () => {
  assert.equal(heading([]), 0);
  assert.equal(heading([[]]), 0);
  assert.equal(heading([[[55, 15]]]), 0);
});

test("counts have a singular", () => {
  assert.deepEqual(
    [0, 1, 2].map((count) => counted(count, "mission")),
    ["0 missions", "1 mission", "2 missions"],
  );
});

test("omissions name the missions of the page and the hidden positions", () => {
  const features = [feature("a", "track"), feature("a", "last_position"), feature("b", "track")];
  assert.equal(omissions(0, { features, next: null }), "");
  assert.equal(omissions(1, { features, next: null }), "1 position hidden: no valid fix.");
  assert.equal(
    omissions(3, { features, next: "c" }),
    "Showing the newest 2 missions. 3 positions hidden: no valid fix.",
  );
});

test("a mission has the operator's number before its stamp", () => {
  assert.equal(missionName({ operator_number: "M17", mission: "20221208T1145" }), "M17 20221208T1145");
  assert.equal(missionName({ operator_number: null, mission: "20221208T1145" }), "20221208T1145");
});
