import assert from "node:assert/strict";
import { test } from "node:test";
import { refuse } from "./fake-medusa.js";
import { serve } from "./serving.js";

const NOTICE =
  /<header class="site-header">\n<p class="copy-notice">This is a copy of a shop, to try things in\. It sends no mail and takes no payments\.<\/p>\n/;

/** @param {Awaited<ReturnType<typeof serve>>} served */
async function pagesOf({ visitor, medusa }) {
  const someone = visitor();
  const pages = [
    await someone.open("/"),
    await someone.open("/products/linen-shirt"),
    await someone.send("/cart/items", { product: "linen-shirt", variant: "variant_shirt_s", quantity: "1" }),
    await someone.open("/checkout"),
    await someone.open("/no-such-page"),
  ];
  medusa.script(/carts/, refuse(503, { message: "starting" }));
  return [...pages, await someone.open("/checkout")];
}

test("every page of a copy says so, also when something is wrong", async (t) => {
  const pages = await pagesOf(await serve(t, { isCopy: true }));
  assert.deepEqual(pages.map(({ status }) => status), [200, 200, 200, 200, 404, 503]);
  for (const { html } of pages) {
    assert.match(html, NOTICE);
  }
});

test("a shop that is no copy does not speak of copies", async (t) => {
  for (const { html, headers } of await pagesOf(await serve(t))) {
    assert.match(html, /<header class="site-header">\n<div class="site-header-inner">/);
    assert.doesNotMatch(html, /copy/);
    assert.equal(headers.get("x-robots-tag"), null);
  }
});

test("search engines are kept out of all of a copy", async (t) => {
  const { visitor, shop, url } = await serve(t, { isCopy: true });
  const robots = await visitor().open("/robots.txt");
  assert.equal(robots.html, "User-agent: *\nDisallow: /\n");
  const paths = ["/", "/no-such-page", shop.assets.stylesheet.path, shop.assets.icon.path, "/robots.txt", "/healthz"];
  for (const path of paths) {
    const { headers } = await visitor().open(path);
    assert.equal(headers.get("x-robots-tag"), "noindex, nofollow", path);
  }
  const { headers } = await fetch(url);
  const again = await fetch(url, { headers: { "if-none-match": headers.get("etag") ?? "" } });
  assert.deepEqual([again.status, again.headers.get("x-robots-tag")], [304, "noindex, nofollow"]);
});

test("the notice can be read, by day and by night", async (t) => {
  const { shop } = await serve(t, { isCopy: true });
  const { body } = shop.assets.stylesheet;
  const colours = ["copy", "on-copy"].map((name) => [...body.matchAll(new RegExp(`--${name}: (#\\w{6});`, "g"))]);
  // Once each: not another at night
  assert.deepEqual(colours.map((found) => found.length), [1, 1]);
  const [light = 0, dark = 0] = colours.map(([found]) => luminance(found?.[1] ?? ""));
  assert.ok((light + 0.05) / (dark + 0.05) >= 7); // WCAG's AAA; AA asks for 4.5
  const [rule] = /\.copy-notice \{[^}]*\}/.exec(body) ?? [""];
  assert.match(rule, /background: var\(--copy\);\n {2}color: var\(--on-copy\);/);
  assert.doesNotMatch(rule, /position|white-space|overflow/);
});

/**
 * The relative luminance of a colour, as WCAG defines it.
 *
 * @param {string} colour  Such as #ffd75e.
 */
function luminance(colour) {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((start) => parseInt(colour.slice(start, start + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
