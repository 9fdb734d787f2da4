import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache } from "../src/backend/cache.js";
import { BackendAway, BackendRefused } from "../src/backend/errors.js";

/** @param {{ limit?: number }} [options] */
function create(options) {
  const time = { now: 0 };
  const cache = new Cache({ freshMilliseconds: 10, staleMilliseconds: 100, now: () => time.now, ...options });
  return { time, cache };
}

/** @param {unknown[]} results  An error is thrown. */
function loader(...results) {
  const load = async () => {
    load.calls += 1;
    const result = results.shift();
    if (result instanceof Error) {
      throw result;
    }
    return result;
  };
  load.calls = 0;
  return load;
}

test("an answer is kept while it is fresh", async () => {
  const { cache, time } = create();
  const load = loader("one", "two");
  assert.equal(await cache.get("key", load), "one");
  time.now = 9;
  assert.equal(await cache.get("key", load), "one");
  time.now = 10;
  assert.equal(await cache.get("key", load), "two");
  assert.equal(load.calls, 2);
});

test("those who ask at the same time share a call", async () => {
  const { cache } = create();
  const load = loader("one", "two");
  assert.deepEqual(await Promise.all([cache.get("key", load), cache.get("key", load)]), ["one", "one"]);
});

test("an old answer stands in for a backend that is away, and is not asked for by everybody", async () => {
  const { cache, time } = create();
  const load = loader("one", new BackendAway(), new BackendAway(), "two");
  await cache.get("key", load);
  time.now = 50;
  assert.equal(await cache.get("key", load), "one");
  time.now = 59;
  assert.equal(await cache.get("key", load), "one");
  assert.equal(load.calls, 2);
  time.now = 60;
  assert.equal(await cache.get("key", load), "one");
  time.now = 70;
  assert.equal(await cache.get("key", load), "two");
});

test("an answer that is too old does not stand in", async () => {
  const { cache, time } = create();
  const load = loader("one", new BackendAway("gone"));
  await cache.get("key", load);
  time.now = 110;
  await assert.rejects(cache.get("key", load), { message: "gone" });
});

test("a refusal is told, whatever was there before", async () => {
  const { cache, time } = create();
  const load = loader("one", new BackendRefused({ status: 404, message: "not found" }));
  await cache.get("key", load);
  time.now = 10;
  await assert.rejects(cache.get("key", load), { status: 404 });
});

test("a failure is not kept", async () => {
  const { cache } = create();
  const load = loader(new BackendAway(), "one");
  await assert.rejects(cache.get("key", load));
  assert.equal(await cache.get("key", load), "one");
});

test("the answer that was unused for longest makes room", async () => {
  const { cache } = create({ limit: 2 });
  await cache.get("a", loader("a"));
  await cache.get("b", loader("b"));
  await cache.get("a", loader("unused"));
  await cache.get("c", loader("c"));
  assert.equal(await cache.get("a", loader("unused")), "a");
  assert.equal(await cache.get("b", loader("asked again")), "asked again");
});
