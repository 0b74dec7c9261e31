import assert from "node:assert/strict";
import { test } from "node:test";
import { tabAfterKey } from "../../../app/assets/js/tabs.js";

test("arrow keys go around, Home and End go to the ends", () => {
  assert.equal(tabAfterKey("ArrowRight", 0, 3), 1);
  assert.equal(tabAfterKey("ArrowRight", 2, 3), 0);
  assert.equal(tabAfterKey("ArrowLeft", 0, 3), 2);
  assert.equal(tabAfterKey("ArrowLeft", 2, 3), 1);
  assert.equal(tabAfterKey("Home", 2, 3), 0);
  assert.equal(tabAfterKey("End", 0, 3), 2);
});

test("a single tab stays where it is", () => {
  assert.equal(tabAfterKey("ArrowRight", 0, 1), 0);
  assert.equal(tabAfterKey("ArrowLeft", 0, 1), 0);
});

test("other keys move to no tab", () => {
  assert.equal(tabAfterKey("a", 0, 3), undefined);
});
