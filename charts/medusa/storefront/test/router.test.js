import assert from "node:assert/strict";
import { test } from "node:test";
import { findRoute } from "../src/http/router.js";
import { ROUTES } from "../src/routes.js";

/** @type {[string, string, string, Record<string, string>][]} */
const FOUND = [
  ["GET", "/", "/", {}],
  ["HEAD", "/", "/", {}],
  ["GET", "/products/mug", "/products/:handle", { handle: "mug" }],
  ["GET", "/products/caf%C3%A9%2Fbar", "/products/:handle", { handle: "café/bar" }],
  ["POST", "/cart/items", "/cart/items", {}],
  ["POST", "/cart/items/cali_1/remove", "/cart/items/:item/remove", { item: "cali_1" }],
];

for (const [method, path, pattern, params] of FOUND) {
  test(`${method} ${path}`, () => {
    const found = findRoute(ROUTES, method, path);
    assert.equal(found.route?.path, pattern);
    assert.deepEqual(found.params, params);
  });
}

for (const path of ["/no", "/products", "/products/", "/products/%E0%A4%A", "/cart/", "//", "/products/a/b"]) {
  test(`${path} is no page`, () => {
    assert.deepEqual(findRoute(ROUTES, "GET", path), { params: {}, allow: [] });
  });
}

test("a path tells its methods", () => {
  assert.deepEqual(findRoute(ROUTES, "DELETE", "/checkout").allow, ["GET", "HEAD", "POST"]);
  assert.deepEqual(findRoute(ROUTES, "GET", "/cart/items").allow, ["POST"]);
});
