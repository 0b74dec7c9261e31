import assert from "node:assert/strict";
import { test } from "node:test";
import { sameItems } from "../../../app/assets/js/live_match.js";

const same = (before, after) => sameItems([...before], [...after]);

test("equal lists match item by item", () => {
  assert.deepEqual(same("abc", "abc"), [0, 1, 2]);
  assert.deepEqual(same("aaa", "aaa"), [0, 1, 2]);
  assert.deepEqual(same("", ""), []);
});

test("a new item is new and moves no other one", () => {
  assert.deepEqual(same("abc", "xabc"), [-1, 0, 1, 2]);
  assert.deepEqual(same("abc", "abxc"), [0, 1, -1, 2]);
  assert.deepEqual(same("abc", "abcx"), [0, 1, 2, -1]);
  assert.deepEqual(same("", "ab"), [-1, -1]);
});

test("a removed item is matched by none", () => {
  assert.deepEqual(same("abc", "bc"), [1, 2]);
  assert.deepEqual(same("abc", "ac"), [0, 2]);
  assert.deepEqual(same("abc", ""), []);
});

test("an item that moved to the front is made again, and the others stay", () => {
  assert.deepEqual(same("abcde", "eabcd"), [-1, 0, 1, 2, 3]);
});

test("an inserted paragraph does not displace a map of another name", () => {
  const before = ["H1", "DIV.map", "P"];
  assert.deepEqual(sameItems(before, ["H1", "P", "DIV.map", "P"]), [0, -1, 1, 2]);
});

test("every match has the same text and the order of both lists", () => {
  const before = [..."abcabdxyzaab"];
  const after = [..."bacbdaxzabba"];
  const matches = sameItems(before, after).filter((index) => index >= 0);
  assert.deepEqual(
    matches,
    matches.toSorted((a, b) => a - b),
  );
  sameItems(before, after).forEach((index, position) => index < 0 || assert.equal(before[index], after[position]));
});
