import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../src/backend/client.js";
import { BackendAway, BackendRefused, BackendUnreachable } from "../src/backend/errors.js";
import { FakeMedusa, PUBLISHABLE_KEY, SOLD_OUT, cut, hang, refuse } from "./fake-medusa.js";

/**
 * @param {import("node:test").TestContext} t
 * @param {{ publishableKey?: string, timeoutMilliseconds?: number }} [options]
 */
async function connect(t, options) {
  const medusa = new FakeMedusa();
  const url = await medusa.start();
  t.after(() => medusa.stop());
  return { medusa, client: new Client({ url, publishableKey: PUBLISHABLE_KEY, ...options }) };
}

test("a call has the key and the query", async (t) => {
  const { medusa, client } = await connect(t);
  const { products } = await client.get("/store/products", { handle: "stoneware-mug" });
  assert.deepEqual(products.map((/** @type {{ title: string }} */ { title }) => title), ["Stoneware mug"]);
  assert.equal(medusa.calls[0]?.query.get("handle"), "stoneware-mug");
});

test("a broken connection is tried again, once, for a read", async (t) => {
  const { medusa, client } = await connect(t);
  medusa.script(/regions/, cut, 1);
  assert.equal((await client.get("/store/regions")).count, 1);
  medusa.script(/regions/, cut, 2);
  await assert.rejects(client.get("/store/regions"), BackendUnreachable);
});

test("a write is not tried again: it may have been done", async (t) => {
  const { medusa, client } = await connect(t);
  medusa.script(/carts/, cut);
  await assert.rejects(client.post("/store/carts"), BackendUnreachable);
  assert.equal(medusa.countCalls(/carts/), 1);
});

test("a server that does not answer in time is away, and is asked once", async (t) => {
  const { medusa, client } = await connect(t, { timeoutMilliseconds: 20 });
  medusa.script(/regions/, hang);
  await assert.rejects(client.get("/store/regions"), (error) => {
    assert(error instanceof BackendAway);
    assert.equal(error.message, "GET /store/regions: no answer in time");
    return true;
  });
  assert.ok(medusa.countCalls(/regions/) <= 1);
});

test("a server that nobody listens for is away", async () => {
  const client = new Client({ url: "http://127.0.0.1:9", publishableKey: PUBLISHABLE_KEY });
  await assert.rejects(client.get("/store/regions"), BackendUnreachable);
});

test("a refusal has its status and its code", async (t) => {
  const { medusa, client } = await connect(t);
  medusa.script(/carts/, refuse(400, SOLD_OUT));
  await assert.rejects(client.post("/store/carts"), (error) => {
    assert(error instanceof BackendRefused);
    assert.equal(error.isSoldOut, true);
    assert.equal(error.message, "POST /store/carts: 400 Some variant does not have the required inventory");
    return true;
  });
});

test("a wrong key is the operator's to mend, and is not said to be the shopper's mistake", async (t) => {
  const { client } = await connect(t, { publishableKey: "pk_wrong" });
  await assert.rejects(client.get("/store/regions"), BackendAway);
});

/** @type {[string, import("./fake-medusa.js").Effect][]} */
const AWAY = [
  ["an internal error", refuse(500, { type: "unknown_error", message: "An unknown error occurred." })],
  ["too many calls", refuse(429, { message: "Too many requests" })],
  ["a page of a proxy", (response) => response.writeHead(502).end("<h1>Bad gateway</h1>")],
  ["another site", (response) => response.writeHead(302, { location: "http://127.0.0.1:9/" }).end()],
  ["no JSON", (response) => response.writeHead(200).end("<h1>Welcome</h1>")],
];

for (const [name, effect] of AWAY) {
  test(`the server is away if it answers with ${name}`, async (t) => {
    const { medusa, client } = await connect(t);
    medusa.script(/regions/, effect);
    await assert.rejects(client.get("/store/regions"), BackendAway);
  });
}
