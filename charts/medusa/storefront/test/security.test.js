import assert from "node:assert/strict";
import { connect } from "node:net";
import { once } from "node:events";
import { test } from "node:test";
import { isFromOwnOrigin } from "../src/http/own-origin.js";
import { serve } from "./serving.js";

const SHOP = "https://harbour.example.com";

/** @type {[string, Record<string, string>, boolean][]} */
const ORIGINS = [
  ["the shop itself", { "sec-fetch-site": "same-origin", origin: SHOP }, true],
  ["the shop, in a browser that says no more", { origin: SHOP }, true],
  ["another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }, false],
  ["another site, in a browser that says no more", { origin: "https://evil.example" }, false],
  ["a neighbour under the same domain", { "sec-fetch-site": "same-site", origin: "https://other.example.com" }, false],
  ["an address that was typed", { "sec-fetch-site": "none" }, false],
  ["a page without an origin", { origin: "null" }, false],
  ["nobody", {}, false],
];

for (const [name, headers, isOwn] of ORIGINS) {
  test(`a form of ${name} is ${isOwn ? "taken" : "refused"}`, () => {
    assert.equal(isFromOwnOrigin(headers, SHOP), isOwn);
  });
}

test("a form of another site changes nothing", async (t) => {
  const { medusa, url } = await serve(t);
  const answer = await fetch(`${url}/cart/items`, {
    method: "POST",
    headers: { origin: "https://evil.example" },
    body: new URLSearchParams({ product: "stoneware-mug", variant: "variant_mug", quantity: "1" }),
  });
  assert.equal(answer.status, 403);
  assert.match(await answer.text(), /<h1>Not from this shop<\/h1>/);
  assert.deepEqual(medusa.calls, []);
});

test("every answer has the headers that keep scripts and frames out", async (t) => {
  const { visitor, shop } = await serve(t, { shopUrl: SHOP });
  for (const path of ["/", "/no-such-page", shop.assets.stylesheet.path, "/healthz"]) {
    const { headers } = await visitor().open(path);
    assert.equal(
      headers.get("content-security-policy"),
      "default-src 'none'; style-src 'self'; img-src 'self' https:; form-action 'self'; base-uri 'none';" +
        " frame-ancestors 'none'",
    );
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "same-origin");
  }
});

test("a form that is too large is refused, and the answer arrives", async (t) => {
  const { visitor } = await serve(t);
  const { status, html, headers } = await visitor().send("/checkout", { email: "x".repeat(20_000) });
  assert.equal(status, 413);
  assert.equal(headers.get("connection"), "close");
  assert.match(html, /<h1>Too much text<\/h1>/);
});

test("what is no form is refused", async (t) => {
  const { url } = await serve(t);
  const answer = await fetch(`${url}/checkout`, { method: "POST", headers: { origin: url }, body: "{}" });
  assert.equal(answer.status, 415);
});

test("markup that a merchant or a shopper types stays text", async (t) => {
  const evil = `<script>alert("x")</script>`;
  const { medusa, visitor } = await serve(t, { shopName: evil });
  const [shirt] = medusa.products;
  Object.assign(shirt ?? {}, { title: evil, description: evil, thumbnail: `"><script>` });
  const someone = visitor();
  const pages = [
    await someone.open("/"),
    await someone.open("/products/linen-shirt"),
    await someone.send("/cart/items", { product: "linen-shirt", variant: evil, quantity: evil }),
    await someone.send("/cart/items", { product: "linen-shirt", variant: "variant_shirt_s", quantity: "1" }),
    await someone.send("/checkout", { email: evil, first_name: evil, country_code: evil }),
    await someone.open(`/${encodeURIComponent(evil)}`),
  ];
  for (const { html } of pages) {
    assert.doesNotMatch(html, /<script/i);
    assert.match(html, /&lt;script&gt;/);
  }
});

test("nothing of a request leads to another site", async (t) => {
  const { visitor, medusa } = await serve(t);
  medusa.script(/products/, (response) => response.destroy());
  for (const path of ["//evil.example/", "/\\evil.example", "/?next=https://evil.example", "/products/..%2f..%2fevil.example"]) {
    const { headers, html } = await visitor().open(path);
    assert.equal(headers.get("location"), null);
    assert.doesNotMatch(html, /href="(\/\/|\/\\|https?:)/);
  }
});

test("the key and the ids of the backend's calls stay on the server", async (t) => {
  const { visitor, logged, medusa } = await serve(t);
  const someone = visitor();
  const pages = [await someone.open("/"), await someone.open("/products/linen-shirt")];
  pages.push(await someone.send("/cart/items", { product: "linen-shirt", variant: "variant_shirt_s", quantity: "1" }));
  const [cart] = medusa.checkout.carts.keys();
  for (const { html } of pages) {
    assert.doesNotMatch(html, /pk_/);
    assert.ok(!html.includes(cart ?? "-"));
  }
  assert.doesNotMatch(JSON.stringify(logged), /pk_/);
  assert.ok(!JSON.stringify(logged).includes(cart ?? "-"));
});

test("a request that is no HTTP is refused", async (t) => {
  const { url } = await serve(t);
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.end("nonsense\r\n\r\n");
  const [data] = await once(socket, "data");
  assert.match(String(data), /^HTTP\/1\.1 400 /);
});
