import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache } from "../src/backend/cache.js";
import { Client } from "../src/backend/client.js";
import { Readiness } from "../src/backend/readiness.js";
import { FakeMedusa, PUBLISHABLE_KEY } from "./fake-medusa.js";

/** @param {import("node:test").TestContext} t @param {string} [publishableKey] */
async function create(t, publishableKey = PUBLISHABLE_KEY) {
  const medusa = new FakeMedusa();
  const client = new Client({ url: await medusa.start(), publishableKey });
  t.after(() => medusa.stop());
  const time = { now: 0 };
  /** @type {unknown[]} */
  const logged = [];
  /** @type {Cache<boolean>} */
  const cache = new Cache({ freshMilliseconds: 1_000, now: () => time.now });
  const readiness = new Readiness(client, (event, fields) => void logged.push({ event, ...fields }), cache);
  return { medusa, readiness, time, logged };
}

test("a shop whose Medusa answers is ready, until it does not", async (t) => {
  const { medusa, readiness, time, logged } = await create(t);
  assert.equal(await readiness.check(), true);
  medusa.stop();
  time.now = 1_000;
  assert.equal(await readiness.check(), false);
  assert.equal(logged.length, 1);
});

test("Medusa is asked at most once a second", async (t) => {
  const { medusa, readiness, time } = await create(t);
  await Promise.all([readiness.check(), readiness.check()]);
  time.now = 999;
  await readiness.check();
  assert.equal(medusa.calls.length, 1);
  time.now = 1_000;
  await readiness.check();
  assert.equal(medusa.calls.length, 2);
});

test("with a wrong key a shop is not ready, and the log says why", async (t) => {
  const { readiness, logged } = await create(t, "pk_wrong");
  assert.equal(await readiness.check(), false);
  assert.deepEqual(logged, [
    {
      event: "not_ready",
      error: "Error: GET /store/regions: 400 A valid publishable key is required to proceed with the request",
    },
  ]);
});
