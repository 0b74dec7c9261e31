import assert from "node:assert/strict";
import { test } from "node:test";
import { Jobs } from "../../../app/assets/js/import_jobs.js";
import { ended } from "../../../app/assets/js/import_poll.js";

const refusal = (status, retryAfterS = null) => Object.assign(new Error(String(status)), { status, retryAfterS });

/** Follows an upload through these states; errors are thrown. Returns its states and the pauses between. */
async function following(first, ...later) {
  const pauses = [];
  const states = [];
  const read = async () => {
    const next = later.length > 1 ? later.shift() : later[0];
    if (next instanceof Error) throw next;
    return { state: next };
  };
  const tools = { pause: async (ms) => pauses.push(ms), random: () => 0.5 };
  const last = ended({ state: first }, read, ({ state }) => states.push(state), tools);
  return { last, states, pauses };
}

test("an upload is followed to its end, with growing pauses", async () => {
  const { last, states, pauses } = await following("queued", "queued", "running", "running", "done");
  assert.equal((await last).state, "done");
  assert.deepEqual(states, ["queued", "queued", "running", "running", "done"]);
  assert.deepEqual(pauses, [300, 450, 675, 1012.5]);
});

test("an upload that has ended is not read", async () => {
  const { last, pauses } = await following("failed", "done");
  assert.equal((await last).state, "failed");
  assert.deepEqual(pauses, []);
});

test("an upload that waits for an operator is read every half minute", async () => {
  const { last, pauses } = await following("waiting", "waiting", "done");
  await last;
  assert.deepEqual(pauses, [30_000, 30_000]);
});

test("a busy portal is asked again after the time that it names", async () => {
  const { last, pauses } = await following("queued", refusal(503, 20), refusal(0), "done");
  assert.equal((await last).state, "done");
  assert.deepEqual(pauses, [300, 20_000, 10_000]);
});

test("an error that does not pass ends it", async () => {
  const { last } = await following("queued", refusal(401));
  await assert.rejects(last, { status: 401 });
});

test("a portal that stays unreachable ends it", async () => {
  const { last, pauses } = await following("queued", refusal(0));
  await assert.rejects(last, { status: 0 });
  assert.equal(pauses.length, 10);
});

test("two jobs run at once, in their order, and a failed one makes room", async () => {
  const jobs = new Jobs(2);
  const started = [];
  const ends = new Map();
  const job = (name) => () =>
    new Promise((resolve, reject) => {
      started.push(name);
      ends.set(name, { resolve, reject });
    });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  for (const name of ["a", "b", "c", "d"]) jobs.add(job(name));
  await settle();
  assert.deepEqual(started, ["a", "b"]);
  ends.get("b").reject(new Error("b"));
  await settle();
  ends.get("a").resolve();
  await settle();
  assert.deepEqual(started, ["a", "b", "c", "d"]);
});
