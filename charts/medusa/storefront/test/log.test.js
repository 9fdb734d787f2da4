import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../src/log.js";

function record() {
  /** @type {string[]} */
  const lines = [];
  return { lines, log: createLog({ write: (line) => lines.push(line) }) };
}

test("an event is one line of JSON", () => {
  const { lines, log } = record();
  log("request", { status: 200, note: "two\nlines" });
  const { time, ...rest } = JSON.parse(lines[0] ?? "");
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^[^\n]+\n$/);
  assert.deepEqual(rest, { event: "request", status: 200, note: "two\nlines" });
  assert.ok(!Number.isNaN(Date.parse(time)));
});

test("the ids of carts and orders are left out", () => {
  const { lines, log } = record();
  const id = "01JDABCDEFGHJKMNPQRSTVWXYZ";
  log("backend_away", { error: `GET /store/carts/cart_${id}: no answer, order_${id}` });
  assert.equal(JSON.parse(lines[0] ?? "").error, "GET /store/carts/cart_…: no answer, order_…");
});
