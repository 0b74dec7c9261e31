import assert from "node:assert/strict";
import { test } from "node:test";
import {
  count,
  displayName,
  displayUnit,
  legendLines,
  minus,
  moment,
  titled,
  withUnit,
} from "../../../app/assets/js/explorer_text.js";

test("names of variables become words", () => {
  assert.equal(displayName("chlorophyll_a"), "Chlorophyll a");
  assert.equal(displayName("salinity_adjusted"), "Salinity, adjusted");
  assert.equal(displayName("CTD_PRESSURE"), "Ctd pressure");
  assert.equal(displayName(""), "");
});

test("units have their sign and raised powers", () => {
  for (const celsius of ["degree_C", "Celsius", "degrees_Celsius", "deg C"]) assert.equal(displayUnit(celsius), "°C");
  assert.equal(displayUnit("kg m-3"), "kg m⁻³");
  assert.equal(displayUnit("m s-1"), "m s⁻¹");
  assert.equal(displayUnit("umol kg-1"), "umol kg⁻¹");
});

test("a dimensionless or an unknown unit is empty", () => {
  assert.deepEqual(["1", "", null, undefined].map(displayUnit), ["", "", "", ""]);
});

test("titles and values without a unit stay alone", () => {
  assert.equal(titled("Salinity", ""), "Salinity");
  assert.equal(titled("Depth", "m"), "Depth (m)");
  assert.equal(withUnit(-1.5, "°C"), "−1.5 °C");
  assert.equal(withUnit(34.5, ""), "34.5");
});

test("the minus sign is that of typography", () => {
  assert.equal(minus(-2), "−2");
  assert.equal(minus(2), "2");
});

test("times are UTC", () => {
  assert.equal(moment(Date.UTC(2022, 11, 8, 1, 45, 52)), "2022-12-08 01:45:52 UTC");
});

test("large counts have thin spaces between thousands", () => {
  assert.deepEqual([7, 999, 4000, 1234567].map(count), ["7", "999", "4\u202f000", "1\u202f234\u202f567"]);
});

test("the parts of a legend share a line where they fit", () => {
  assert.deepEqual(legendLines(["one", "two", "three"], 9), ["one · two", "three"]);
  assert.deepEqual(legendLines(["a very long part"], 4), ["a very long part"]);
  assert.deepEqual(legendLines([], 9), []);
});
