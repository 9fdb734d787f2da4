import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { refuse } from "./fake-medusa.js";
import { serve } from "./serving.js";

const AWAY = refuse(503, { message: "starting" });

test("the home page lists what is sold, with prices, and what is sold out", async (t) => {
  const { visitor } = await serve(t);
  const { status, html } = await visitor().open("/");
  assert.equal(status, 200);
  assert.match(html, /<title>Harbour &amp; Hill<\/title>/);
  const cards = [...html.matchAll(/<h2><a href="([^"]+)">([^<]+)<\/a><\/h2>\n<p>(.+)<\/p>/g)].map((found) => found.slice(1));
  assert.deepEqual(cards, [
    ["/products/linen-shirt", "Linen shirt", "From €59.00"],
    ["/products/stoneware-mug", "Stoneware mug", "€18.50"],
    ["/products/beeswax-candle", "Beeswax candle", "€12.00"],
    ["/products/harbour-print", "Harbour print", '<span class="quiet">Sold out</span>'],
    ["/products/oak-board", "Oak bread board with a handle", "€42.00"],
    ["/products/wool-blanket", "Wool blanket", "€120.00"],
  ]);
});

test("many products are on several pages, none of them over 14 kB", async (t) => {
  const { medusa, visitor } = await serve(t);
  const [mug] = medusa.products.splice(1, 1);
  for (let number = 1; number <= 30; number++) {
    const title = `A product with quite a long name, as merchants have them, ${number}`;
    const handle = `a-product-with-quite-a-long-name-${number}`;
    const thumbnail = `https://shop.example.com/static/1764403200000-a-product-with-a-name-${number}.webp`;
    medusa.products.push({ ...structuredClone(/** @type {NonNullable<typeof mug>} */ (mug)), title, handle, thumbnail });
  }
  const first = await visitor().open("/");
  assert.match(first.html, /35 products/);
  assert.match(first.html, /Page 1 of 2<\/span>\n<a rel="next" href="\/\?page=2">/);
  assert.ok(Buffer.byteLength(first.html) < 14_000, `${Buffer.byteLength(first.html)} bytes`);
  const second = await visitor().open("/?page=2");
  assert.match(second.html, /<title>Products, page 2 – Harbour/);
  assert.match(second.html, /<a rel="prev" href="\/\?page=1">/);
  assert.equal(second.html.match(/<li class="product">/g)?.length, 11);
});

for (const page of ["0", "3", "-1", "two", "99999"]) {
  test(`there is no page ${page}`, async (t) => {
    const { visitor } = await serve(t);
    assert.equal((await visitor().open(`/?page=${page}`)).status, 404);
  });
}

test("a shop without products says so", async (t) => {
  const { medusa, visitor } = await serve(t);
  medusa.products.length = 0;
  const { status, html } = await visitor().open("/");
  assert.equal(status, 200);
  assert.match(html, /<h1>Opening soon<\/h1>/);
});

test("a product has its pictures, its text and its variants", async (t) => {
  const { visitor } = await serve(t);
  const { html } = await visitor().open("/products/linen-shirt");
  assert.match(html, /<title>Linen shirt – Harbour &amp; Hill<\/title>/);
  assert.match(html, /<img class="picture" src="\/static\/linen-shirt.svg" alt="Linen shirt"/);
  assert.match(html, /<img class="picture" src="\/static\/linen-shirt-back.svg" alt="Linen shirt, picture 2"/);
  assert.match(html, /<p>Fits true to size.<\/p>/);
  assert.match(html, /<legend>Size<\/legend>/);
  const radios = [...html.matchAll(/value="(variant_[^"]+)"( disabled)? required>\n<span>(\w+)<\/span> <span class="choice-note">([^<]+)/g)];
  assert.deepEqual(radios.map((found) => found.slice(1)), [
    ["variant_shirt_s", undefined, "S", "€59.00"],
    ["variant_shirt_m", undefined, "M", "€59.00"],
    ["variant_shirt_l", " disabled", "L", "Sold out"],
  ]);
});

test("one variant needs no choice, and many are in a list", async (t) => {
  const { visitor } = await serve(t);
  const mug = await visitor().open("/products/stoneware-mug");
  assert.match(mug.html, /<input type="hidden" name="variant" value="variant_mug">/);
  const blanket = await visitor().open("/products/wool-blanket");
  assert.match(blanket.html, /<select id="variant" name="variant" required>/);
  assert.match(blanket.html, /<option value="variant_blanket_moss">Moss – €120.00<\/option>/);
});

test("what is sold out, or has no price, cannot be put into the cart", async (t) => {
  const { medusa, visitor } = await serve(t);
  for (const variant of medusa.products[1]?.variants ?? []) {
    variant.calculated_price = null;
  }
  for (const handle of ["harbour-print", "stoneware-mug"]) {
    const { html } = await visitor().open(`/products/${handle}`);
    assert.match(html, /This is sold out\./);
    assert.doesNotMatch(html, /<form/);
  }
});

test("a product that is not sold any more", async (t) => {
  const { visitor } = await serve(t);
  const { status, html } = await visitor().open("/products/gone");
  assert.equal(status, 404);
  assert.match(html, /<h1>Product not found<\/h1>\n<p>The shop does not sell this any more, or never did\.<\/p>/);
});

test("the products are asked for once in a few seconds", async (t) => {
  const { medusa, visitor } = await serve(t);
  await Promise.all([visitor().open("/"), visitor().open("/"), visitor().open("/")]);
  await visitor().open("/");
  assert.equal(medusa.countCalls(/GET \/store\/products/), 1);
  assert.equal(medusa.countCalls(/GET \/store\/regions/), 1);
});

test("without the backend there is a page that says when to try again", async (t) => {
  const { medusa, visitor, logged } = await serve(t);
  medusa.script(/./, AWAY);
  const { status, headers, html } = await visitor().open("/?page=1");
  assert.equal(status, 503);
  assert.equal(headers.get("retry-after"), "10");
  assert.match(html, /<h1>Back in a moment<\/h1>/);
  assert.match(html, /<a class="button" href="\/\?page=1">Try again<\/a>/);
  assert.deepEqual(logged[0], { event: "backend_away", route: "/", error: "GET /store/regions: 503 starting" });
  medusa.recover();
  assert.equal((await visitor().open("/")).status, 200);
});

test("a backend that does not answer is waited for, and not for long", async (t) => {
  const { medusa, visitor } = await serve(t, { timeoutMilliseconds: 50 });
  medusa.script(/./, () => {});
  assert.equal((await visitor().open("/")).status, 503);
});

test("a shop without a region is told to its operator", async (t) => {
  const { medusa, visitor, logged } = await serve(t);
  medusa.regions.length = 0;
  assert.equal((await visitor().open("/")).status, 503);
  assert.match(String(logged[0]?.error), /no region with a country/);
});

test("a page that a browser has is not sent again", async (t) => {
  const { visitor } = await serve(t);
  const someone = visitor();
  const first = await someone.open("/");
  const tag = first.headers.get("etag") ?? "";
  assert.equal(first.headers.get("cache-control"), "private, no-cache");
  const again = await someone.open("/", { "if-none-match": tag });
  assert.deepEqual([again.status, again.html], [304, ""]);
  await someone.send("/cart/items", { product: "stoneware-mug", variant: "variant_mug", quantity: "1" });
  const changed = await someone.open("/", { "if-none-match": tag });
  assert.equal(changed.status, 200);
  assert.match(changed.html, /, 1 item</);
});

test("stylesheet and icon are kept for good, under a name of their content", async (t) => {
  const { visitor, shop } = await serve(t);
  const home = await visitor().open("/");
  for (const { path, type } of Object.values(shop.assets)) {
    assert.ok(home.html.includes(`href="${path}"`));
    const { status, headers } = await visitor().open(path);
    assert.equal(status, 200);
    assert.equal(headers.get("content-type"), type);
    assert.equal(headers.get("cache-control"), "public, max-age=31536000, immutable");
  }
  assert.equal((await visitor().open("/assets/style.000000000000.css")).status, 404);
});

test("pages are compressed for browsers that take it", async (t) => {
  const { url } = await serve(t);
  const { request } = await import("node:http");
  /** @param {string} encoding */
  const open = (encoding) =>
    new Promise((done) => {
      request(url, { headers: { "accept-encoding": encoding } }, async (response) => {
        const body = Buffer.concat(await response.toArray());
        done({ encoding: response.headers["content-encoding"], body });
      }).end();
    });
  const plain = await open("gzip;q=0, br");
  const compressed = await open("gzip, br");
  assert.equal(plain.encoding, undefined);
  assert.equal(compressed.encoding, "gzip");
  assert.deepEqual(gunzipSync(compressed.body), plain.body);
});

test("HEAD has the headers alone", async (t) => {
  const { url } = await serve(t);
  const answer = await fetch(url, { method: "HEAD" });
  assert.equal(answer.status, 200);
  assert.ok(Number(answer.headers.get("content-length")) > 500);
  assert.equal(await answer.text(), "");
});

test("a page that does not exist", async (t) => {
  const { visitor } = await serve(t);
  const { status, html, headers } = await visitor().open("/wp-login.php");
  assert.equal(status, 404);
  assert.match(html, /<title>Page not found – Harbour/);
  assert.equal(headers.get("cache-control"), "no-store");
  assert.notEqual(headers.get("connection"), "close");
});

test("a method that a path does not have", async (t) => {
  const { url } = await serve(t);
  const answer = await fetch(`${url}/checkout`, { method: "DELETE" });
  assert.equal(answer.status, 405);
  assert.equal(answer.headers.get("allow"), "GET, HEAD, POST");
});

test("search engines are kept out of carts", async (t) => {
  const { visitor } = await serve(t);
  assert.match((await visitor().open("/robots.txt")).html, /^User-agent: \*\nDisallow: \/cart\n/);
});
