import assert from "node:assert/strict";
import { test } from "node:test";
import { longestStep, profileContent } from "../../../app/assets/js/explorer_profile.js";
import { readSection } from "../../../app/assets/js/explorer_section.js";
import { series } from "../../../app/assets/js/explorer_series.js";
import { hasRoom, ts } from "../../../app/assets/js/explorer_ts.js";

const at = (minute) => new Date(minute * 60_000).toISOString();
const MINUTES = { time_from: [at(0), at(10)], time: [at(2), at(12)], time_to: [at(4), at(14)] };

test("a section is read at the middle of its cell", () => {
  const data = {
    unit: "degree_C",
    bin_m: 2,
    rows: 2,
    depth_m: [1, 3],
    profile: [7, 8],
    values: [
      [4.5, null],
      [-1, 5],
    ],
  };
  const times = { begins: [0, 600_000], middles: [120_000, 720_000], ends: [240_000, 840_000] };
  const text = (ms, depth) => readSection(data, times, { x: ms, y: depth }).text;
  assert.deepEqual(readSection(data, times, { x: 1, y: 0.5 }), {
    x: 120_000,
    y: 1,
    text: "1970-01-01 00:02:00 UTC, 1 m, profile 7: 4.5 °C",
  });
  assert.equal(text(1, 2), "1970-01-01 00:02:00 UTC, 3 m, profile 7: −1 °C");
  assert.equal(text(600_000, 1), "1970-01-01 00:12:00 UTC, 1 m, profile 8: no data");
  assert.equal(text(300_000, 1), "1970-01-01 00:05:00 UTC, 1.0 m: no data");
  assert.equal(text(1, 4), "1970-01-01 00:00:00 UTC, 4.0 m: no data");
});

test("a section along the track is read in kilometres, with the time of the column", () => {
  const data = { unit: "1", bin_m: 2, rows: 1, depth_m: [1], profile: [7], values: [[35]] };
  const along = { begins: [0.5], middles: [1], ends: [1.5] };
  const times = { begins: [0], middles: [120_000], ends: [240_000] };
  assert.deepEqual(readSection(data, along, { x: 0.7, y: 1 }, times), {
    x: 1,
    y: 1,
    ms: 120_000,
    text: "1970-01-01 00:02:00 UTC, 1.0 km, 1 m, profile 7: 35",
  });
  assert.equal(readSection(data, along, { x: 2, y: 1 }, times).text, "2.0 km, 1.0 m: no data");
});

test("a series is read with the range of its column", () => {
  const data = {
    variable: "wind_speed",
    unit: "m s-1",
    values: [[5, null]],
    low: [3, null],
    high: [8, null],
    range: [3, 8],
  };
  const content = series({ ...data, ...MINUTES }, "SB1");
  assert.equal(content.title, "Wind speed (m s⁻¹) · SB1");
  assert.deepEqual(content.axes.y.extent, [2.75, 8.25]);
  assert.deepEqual(content.read({ x: 1 }), { x: 120_000, y: 5, text: "1970-01-01 00:02:00 UTC: 5 m s⁻¹ (3 to 8)" });
  assert.deepEqual(content.read({ x: 600_000 }), { x: 600_000, y: 5.5, text: "1970-01-01 00:10:00 UTC: no data" });
  assert.deepEqual(content.step({ x: 120_000, y: 5 }, 1), { x: 720_000, y: 5 });
});

test("the axis of a series of all values includes the flagged ones", () => {
  const data = {
    variable: "wind_speed",
    unit: "m s-1",
    values: [[5, 103]],
    low: [3, 103],
    high: [8, 103],
    range: [3, 8],
  };
  const content = series({ ...data, ...MINUTES, flagged_cells: [[0, 1]] }, "SB1");
  assert.deepEqual(content.axes.y.extent, [-2, 108]);
});

test("a series can lie along the track", () => {
  const data = { variable: "wind_speed", unit: "m s-1", values: [[5, 6]], low: [3, 5], high: [8, 7], range: [3, 8] };
  const places = { distance_from_m: [0, 500], distance_m: [250, 750], distance_to_m: [500, 1000] };
  const content = series({ ...data, ...MINUTES, ...places }, "SB1", "distance");
  assert.deepEqual(content.axes.x, { title: "Distance along the track (km)", extent: [0, 1] });
  assert.equal(content.read({ x: 0.3 }).text, "1970-01-01 00:02:00 UTC: 5 m s⁻¹ (3 to 8)");
  assert.equal(content.read({ x: 2 }).text, "2.0 km: no data");
});

test("a profile is read at the nearest sample and leaves out missing ones", () => {
  const samples = { depth_m: [0, 1, null, 3], columns: { salinity: { unit: "1", values: [7, null, 8, 9] } } };
  const content = profileContent("salinity", samples, 4);
  assert.deepEqual(content.axes.x.extent, [6.9, 9.1]);
  assert.deepEqual(content.axes.y.extent, [0, 4]);
  assert.deepEqual(content.read({ x: 0, y: 2.9 }), { x: 9, y: 3, text: "Salinity at 3 m: 9" });
  assert.deepEqual(content.step({ x: 7, y: 0 }, 0, 1), { x: 9, y: 3 });
  assert.deepEqual(content.step({ x: 9, y: 3 }, 0, 1), { x: 9, y: 3 });
});

test("a profile without samples has axes all the same", () => {
  const content = profileContent(
    "salinity",
    { depth_m: [1], columns: { salinity: { unit: null, values: [null] } } },
    4,
  );
  assert.deepEqual(content.axes.x.extent, [0, 1]);
  assert.deepEqual(content.read({ x: 0.5, y: 2 }), { x: 0.5, y: 2, text: "no data" });
});

test("the line of a profile spans five median steps", () => {
  assert.equal(longestStep([1, 2, 3]), 10);
  assert.equal(longestStep([0.1, 0.1]), 2.5);
  assert.equal(longestStep([]), 2.5);
});

const SAMPLE = {
  salinity: [35],
  temperature: [5],
  depth_m: [null],
  profile: [3],
  temperature_unit: "degree_C",
  salinity_variable: "salinity",
  temperature_variable: "temperature",
};

test("the T-S diagram reads a near sample, and the density elsewhere", () => {
  const density = {
    salinity: [34, 36],
    temperature: [4, 6],
    sigma0: [
      [27, 29],
      [26, 28],
    ],
  };
  const data = { ...SAMPLE, density };
  const content = ts(data, "SEA1");
  const plot = { toX: (value) => value * 100, toY: (value) => value * 100 };
  assert.deepEqual(content.axes.x.extent, [34.5, 35.5]);
  assert.deepEqual(content.read({ x: 35.1, y: 5 }, plot), {
    x: 35,
    y: 5,
    text: "Salinity 35, 5 °C, depth unknown, profile 3, σ₀ 27.50 kg m⁻³",
  });
  const far = content.read({ x: 34, y: 5 }, plot);
  assert.equal(far.text, "salinity 34.00, 5.00 °C, σ₀ 26.50 kg m⁻³: no sample");
  assert.equal(content.read({ x: 33, y: 5 }, plot).text, "salinity 33.00, 5.00 °C: no sample");
});

test("the T-S diagram of an earlier release has no densities", () => {
  const content = ts({ ...SAMPLE, density: null }, "SEA1");
  const plot = { toX: (value) => value * 100, toY: (value) => value * 100 };
  assert.equal(content.read({ x: 35, y: 5 }, plot).text, "Salinity 35, 5 °C, depth unknown, profile 3");
  assert.equal(content.read({ x: 34, y: 5 }, plot).text, "salinity 34.00, 5.00 °C: no sample");
});

test("the T-S diagram names adjusted values", () => {
  const adjusted = { salinity_variable: "salinity_adjusted", temperature_variable: "temperature_adjusted" };
  const content = ts({ ...SAMPLE, ...adjusted, density: null }, "SEA1");
  assert.equal(content.title, "T-S diagram · SEA1");
  assert.equal(content.axes.y.title, "Temperature, adjusted (°C)");
  assert.equal(ts({ ...SAMPLE, density: null }, "SEA1").axes.x.title, "Salinity");
});

test("the T-S diagram names its grey points, and how many samples it draws", () => {
  const two = { salinity: [35, 36], temperature: [5, 6], profile: [1, 2], count: 2, pairs: 12345, density: null };
  const content = ts({ ...SAMPLE, ...two, depth_m: [null, 7] }, "SEA1");
  const { depth, time } = content.colourings;
  const marks = (colours) => content.marks({ axes: { colours } });
  assert.deepEqual(marks(depth), ["2 of 12\u202f345 good samples drawn", "Grey: depth unknown (1)"]);
  assert.deepEqual(marks(time), ["2 of 12\u202f345 good samples drawn"]);
  assert.equal(content.axes.colours, depth);
});

test("the T-S diagram without any depth is coloured along the mission", () => {
  const content = ts({ ...SAMPLE, count: 1, pairs: 1, density: null }, "SEA1");
  assert.deepEqual(Object.keys(content.colourings), ["time"]);
  assert.equal(content.axes.colours, content.colourings.time);
});

test("the T-S diagram states how many samples lie outside its first axes, with thin spaces", () => {
  const many = (value) => Array.from({ length: 2863 }, (_, i) => value + (i % 100) / 100 + (i === 2862 ? 90 : 0));
  const data = { ...SAMPLE, salinity: many(7), temperature: many(5), depth_m: many(1), profile: many(1) };
  assert.equal(ts(data, "SEA1").note, "1 of 2\u202f863 samples lies outside these axes.");
});

test("a line of equal density has no label beside the numbers of the axes", () => {
  const frame = { left: 62, bottom: 300 };
  assert.equal(hasRoom(frame, 100, 50, "4"), true);
  assert.equal(hasRoom(frame, 75, 50, "4"), false);
  assert.equal(hasRoom(frame, 100, 295, "4"), false);
});
