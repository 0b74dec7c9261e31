import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { ImportApi, problemIn, queryOf } from "../../../app/assets/js/import_api.js";

const { fetch } = globalThis;
afterEach(() => (globalThis.fetch = fetch));

/** Answers each request with this status and body; returns the requests. */
function answering(status, body, headers = {}) {
  const requests = [];
  globalThis.fetch = async (url, options) => {
    requests.push({ url, ...options });
    return new Response(JSON.stringify(body), { status, headers });
  };
  return requests;
}

function apiWith(key) {
  const api = new ImportApi("/api/v1/imports");
  api.use(key);
  return api;
}

test("options without a value are no part of the address", () => {
  const query = new URLSearchParams(queryOf("ä b&c.nc", { platform: "sea077", mission: "", mode: "D" }, true));
  assert.deepEqual(Object.fromEntries(query), {
    file_name: "ä b&c.nc",
    dry_run: "true",
    platform: "sea077",
    mode: "D",
  });
  assert.equal(queryOf("a.nc", {}, false), "file_name=a.nc");
});

test("the key is in the header of each request, and nowhere in its address", async () => {
  const requests = answering(200, { items: [] });
  await apiWith(" hlk_secret ").waiting();
  assert.equal(requests[0].headers.Authorization, "Bearer hlk_secret");
  assert.equal(requests[0].url, "/api/v1/imports/waiting");
  assert.equal(requests[0].credentials, "omit");
});

test("a text that cannot be a key is not used", () => {
  const api = new ImportApi("/");
  assert.equal(api.use("two words"), false);
  assert.equal(api.hasKey, false);
  assert.equal(api.use(""), true);
  assert.equal(api.use("hlk_a"), true);
  api.use(" hlk_a");
  assert.equal(api.keyNumber, 1);
  api.use("hlk_b");
  assert.equal(api.keyNumber, 2);
  assert.equal(JSON.stringify(api).includes("hlk_a"), false);
});

test("a decision names the upload, and a rejection its reason", async () => {
  const requests = answering(200, {});
  await apiWith("k").approve("a/b");
  await apiWith("k").reject("a", "wrong glider");
  assert.deepEqual(
    requests.map(({ method, url }) => `${method} ${url}`),
    ["POST /api/v1/imports/a%2Fb/approve", "POST /api/v1/imports/a/reject?reason=wrong+glider"],
  );
});

test("the import of a checked file sends no bytes", async () => {
  const requests = answering(202, {});
  await apiWith("k").importChecked("a/b");
  assert.deepEqual(
    requests.map(({ method, url, body }) => [method, url, body]),
    [["POST", "/api/v1/imports/a%2Fb/import", undefined]],
  );
});

test("a refusal has the status, the text and the time to wait", async () => {
  answering(503, { detail: "overloaded" }, { "Retry-After": "7" });
  const refusal = { status: 503, retryAfterS: 7, message: /busy.*7\u202fs/, short: /busy.*\.$/ };
  await assert.rejects(apiWith("k").state("a"), refusal);
});

test("a request without a response is a refusal, too", async () => {
  globalThis.fetch = () => Promise.reject(new TypeError("network"));
  await assert.rejects(apiWith("k").state("a"), { status: 0 });
});

test("a page of a proxy in place of a problem document does not matter", () => {
  assert.deepEqual(problemIn(502, null, "<html>Bad gateway</html>"), { status: 502, retryAfterS: null });
  assert.equal(problemIn(422, null, '{"code": "hash_mismatch"}').code, "hash_mismatch");
  assert.equal(problemIn(422, null, '{"type": "https://a.example/problems/hash_mismatch"}').code, "hash_mismatch");
});
