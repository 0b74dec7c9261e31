import assert from "node:assert/strict";
import { test } from "node:test";
import { ProfileList } from "../../../app/assets/js/profile_list.js";

const profile = (number) => ({ number, mid_at: new Date(number * 1000).toISOString() });

/** A list of five profiles, a second apart, on pages of two; `urls` collects the requests. */
function fiveProfiles() {
  const urls = [];
  const pages = [
    { items: [profile(1), profile(2)], next: "a=" },
    { items: [profile(3), profile(4)], next: "b" },
    { items: [profile(5)], next: null },
  ];
  const load = async (url) => pages[urls.push(url) - 1];
  return { urls, list: new ProfileList("/profiles", load) };
}

test("pages are loaded as far as needed, with escaped cursors", async () => {
  const { urls, list } = fiveProfiles();
  assert.equal(await list.find(({ number }) => number === 3), 2);
  assert.deepEqual(urls, ["/profiles?limit=200", "/profiles?limit=200&cursor=a%3D"]);
  assert.equal(await list.find(({ number }) => number === 1), 0);
  assert.equal(urls.length, 2);
});

test("two searches at once load no page twice", async () => {
  const { urls, list } = fiveProfiles();
  const indexes = await Promise.all([4, 2].map((wanted) => list.find(({ number }) => number === wanted)));
  assert.deepEqual(indexes, [3, 1]);
  assert.equal(urls.length, 2);
});

test("a search for what is missing ends with the last page", async () => {
  const { urls, list } = fiveProfiles();
  assert.equal(await list.find(() => false), -1);
  assert.equal(urls.length, 3);
});

test("the nearest profile by time, the later one of two", async () => {
  const nearest = (seconds) => fiveProfiles().list.nearest(seconds * 1000);
  assert.equal(await nearest(2.4), 1);
  assert.equal(await nearest(2.5), 2);
  assert.equal(await nearest(0), 0);
  assert.equal(await nearest(99), 4);
});

test("an index beyond the end is the last profile", async () => {
  assert.equal((await fiveProfiles().list.at(3)).number, 4);
  assert.equal((await fiveProfiles().list.at(9)).number, 5);
});

test("after a failed request the next search tries again", async () => {
  let calls = 0;
  const load = async () => {
    calls += 1;
    if (calls === 1) throw new Error("status 503");
    return { items: [profile(1)], next: null };
  };
  const list = new ProfileList("/profiles", load);
  await assert.rejects(list.at(0), /status 503/);
  assert.equal((await list.at(0)).number, 1);
});
