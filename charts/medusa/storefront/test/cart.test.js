import assert from "node:assert/strict";
import { test } from "node:test";
import { refuse } from "./fake-medusa.js";
import { serve } from "./serving.js";

const MUG = { product: "stoneware-mug", variant: "variant_mug", quantity: "2" };
const SHIRT = { product: "linen-shirt", variant: "variant_shirt_m", quantity: "1" };

/** @param {{ checkout: import("./fake-checkout.js").FakeCheckout }} medusa */
function firstCart({ checkout }) {
  const [cart] = checkout.carts.values();
  assert(cart);
  return cart;
}

/** @param {{ checkout: import("./fake-checkout.js").FakeCheckout }} medusa */
const items = (medusa) => firstCart(medusa).items.map(({ variant_id, quantity }) => [variant_id, quantity]);

test("an empty cart leads to the products, and makes none in the backend", async (t) => {
  const { medusa, visitor } = await serve(t);
  const { status, html } = await visitor().open("/cart");
  assert.equal(status, 200);
  assert.match(html, /<h1>Your cart is empty<\/h1>/);
  assert.deepEqual(medusa.calls, []);
});

test("a product is put into the cart, and the page tells so", async (t) => {
  const { medusa, visitor } = await serve(t);
  const someone = visitor();
  const { status, html } = await someone.send("/cart/items", MUG);
  assert.equal(status, 200);
  assert.equal(someone.path, "/cart?added=variant_mug");
  assert.match(html, /role="status">Stoneware mug is in your cart\.</);
  assert.match(html, /€18\.50 each/);
  assert.match(html, /<span>Subtotal<\/span> <span>€37\.00<\/span>/);
  assert.match(html, /<span class="unseen">Cart, 2 items<\/span><span aria-hidden="true">Cart <span class="count">2<\/span>/);
  assert.deepEqual(items(medusa), [["variant_mug", 2]]);
});

test("a second product goes into the same cart", async (t) => {
  const { medusa, visitor } = await serve(t);
  const someone = visitor();
  await someone.send("/cart/items", MUG);
  await someone.send("/cart/items", SHIRT);
  assert.equal(medusa.checkout.carts.size, 1);
  assert.deepEqual(items(medusa), [["variant_mug", 2], ["variant_shirt_m", 1]]);
});

test("a notice is made of the cart's own words only", async (t) => {
  const { visitor } = await serve(t);
  const someone = visitor();
  await someone.send("/cart/items", MUG);
  assert.doesNotMatch((await someone.open("/cart?added=You+have+won")).html, /You have won|role="status"/);
});

test("without a choice the product page says what to do, and keeps the quantity", async (t) => {
  const { medusa, visitor } = await serve(t);
  const { status, html } = await visitor().send("/cart/items", { product: "linen-shirt", quantity: "3" });
  assert.equal(status, 422);
  assert.match(html, /<title>Error: Linen shirt – /);
  assert.match(html, /<div class="problems" role="alert" tabindex="-1" autofocus>\n<h2>There is a problem<\/h2>/);
  assert.match(html, /<li><a href="#variant">Choose which one you want\.<\/a><\/li>/);
  assert.match(html, /<fieldset class="field" aria-describedby="variant-problem" aria-invalid="true">/);
  assert.match(html, /<input type="radio" id="variant" /);
  assert.match(html, /id="quantity" [^>]* value="3"/);
  assert.equal(medusa.checkout.carts.size, 0);
});

for (const quantity of ["0", "-1", "1.5", "two", "", "100", "1e1"]) {
  test(`a quantity of "${quantity}" is a mistake that is kept to be mended`, async (t) => {
    const { visitor } = await serve(t);
    const { status, html } = await visitor().send("/cart/items", { ...MUG, quantity });
    assert.equal(status, 422);
    assert.match(html, /<a href="#quantity">Enter a number from 1 to 99\.<\/a>/);
    assert.ok(html.includes(`value="${quantity}" required aria-describedby="quantity-problem" aria-invalid="true"`));
  });
}

test("more than there is", async (t) => {
  const { medusa, visitor } = await serve(t);
  const { status, html } = await visitor().send("/cart/items", { ...SHIRT, quantity: "4" });
  assert.equal(status, 409);
  assert.match(html, /<a href="#quantity">There is not that much left\. /);
  assert.match(html, /value="variant_shirt_m" checked/);
  assert.deepEqual(items(medusa), []);
});

test("a product that is gone", async (t) => {
  const { visitor } = await serve(t);
  assert.equal((await visitor().send("/cart/items", { ...MUG, product: "gone" })).status, 404);
});

test("a variant that went while the page was kept", async (t) => {
  const { medusa, visitor } = await serve(t);
  const someone = visitor();
  await someone.open("/products/stoneware-mug");
  medusa.products.splice(1, 1);
  const { status, html } = await someone.send("/cart/items", MUG);
  assert.equal(status, 404);
  assert.match(html, /The shop does not sell this any more\./);
});

test("a cart that is busy is not a product that is gone", async (t) => {
  const { medusa, visitor } = await serve(t);
  medusa.script(/line-items/, refuse(409, { type: "conflict", message: "The request conflicted" }));
  const { status, html } = await visitor().send("/cart/items", MUG);
  assert.equal(status, 500);
  assert.match(html, /Please try again\./);
});

test("a quantity is changed", async (t) => {
  const { medusa, visitor } = await serve(t);
  const someone = visitor();
  await someone.send("/cart/items", MUG);
  const { html } = await someone.send(`/cart/items/${firstCart(medusa).items[0]?.id}`, { quantity: "5" });
  assert.match(html, /, 5 items</);
  assert.deepEqual(items(medusa), [["variant_mug", 5]]);
});

test("a quantity of 0 removes, and so does the button", async (t) => {
  const { medusa, visitor } = await serve(t);
  const someone = visitor();
  await someone.send("/cart/items", MUG);
  await someone.send("/cart/items", SHIRT);
  const [mug, shirt] = firstCart(medusa).items;
  await someone.send(`/cart/items/${mug?.id}`, { quantity: "0" });
  assert.deepEqual(items(medusa), [["variant_shirt_m", 1]]);
  const { html } = await someone.send(`/cart/items/${shirt?.id}/remove`);
  assert.match(html, /<h1>Your cart is empty<\/h1>/);
  assert.deepEqual(items(medusa), []);
});

test("a wrong quantity is told at its item, and what was typed is kept", async (t) => {
  const { medusa, visitor } = await serve(t);
  const someone = visitor();
  await someone.send("/cart/items", MUG);
  await someone.send("/cart/items", SHIRT);
  const id = firstCart(medusa).items[1]?.id;
  const { status, html } = await someone.send(`/cart/items/${id}`, { quantity: "many" });
  assert.equal(status, 422);
  assert.ok(html.includes(`<a href="#quantity-${id}">Enter a number from 0 to 99.</a>`));
  assert.match(html, new RegExp(`id="quantity-${id}"[^>]* value="many"[^>]* aria-invalid="true"`));
  assert.equal(html.match(/aria-invalid/g)?.length, 1);
  const more = await someone.send(`/cart/items/${id}`, { quantity: "4" });
  assert.equal(more.status, 409);
  assert.ok(more.html.includes(`<a href="#quantity-${id}">There is not that much left.`));
  assert.deepEqual(items(medusa), [["variant_mug", 2], ["variant_shirt_m", 1]]);
});

test("an item that was removed in another tab", async (t) => {
  const { medusa, visitor } = await serve(t);
  const someone = visitor();
  await someone.send("/cart/items", MUG);
  const { status } = await someone.send("/cart/items/cali_gone", { quantity: "1" });
  assert.equal(status, 200);
  assert.deepEqual(items(medusa), [["variant_mug", 2]]);
});

test("a cart that the backend does not know any more is empty, and a new one is begun", async (t) => {
  const { medusa, visitor } = await serve(t);
  const someone = visitor();
  await someone.send("/cart/items", MUG);
  medusa.checkout.carts.clear();
  const { html } = await someone.open("/cart");
  assert.match(html, /<h1>Your cart is empty<\/h1>/);
  assert.deepEqual([...someone.cookies], []);
  await someone.send("/cart/items", MUG);
  assert.deepEqual(items(medusa), [["variant_mug", 2]]);
});

test("a product goes into a new cart if the old one is gone", async (t) => {
  const { medusa, visitor } = await serve(t);
  const someone = visitor();
  await someone.send("/cart/items", MUG);
  medusa.checkout.carts.clear();
  const { status } = await someone.send("/cart/items", SHIRT);
  assert.equal(status, 200);
  assert.deepEqual(items(medusa), [["variant_shirt_m", 1]]);
});

test("a cart is kept while the backend is away", async (t) => {
  const { medusa, visitor } = await serve(t);
  const someone = visitor();
  await someone.send("/cart/items", MUG);
  const cookies = [...someone.cookies];
  medusa.script(/./, refuse(503, { message: "starting" }));
  const { status } = await someone.open("/cart");
  assert.equal(status, 503);
  assert.equal((await someone.send("/cart/items", MUG)).status, 503);
  assert.deepEqual([...someone.cookies], cookies);
  medusa.recover();
  assert.match((await someone.open("/cart")).html, /Stoneware mug/);
});

test("an answer that nobody expects is our fault, and its cause is in the log", async (t) => {
  const { medusa, visitor, logged } = await serve(t);
  const someone = visitor();
  await someone.send("/cart/items", MUG);
  medusa.script(/GET .store.carts/, refuse(400, { message: "Unrecognized fields: '0'" }));
  const { status, html } = await someone.open("/cart");
  assert.equal(status, 500);
  assert.match(html, /<h1>Something went wrong<\/h1>/);
  assert.match(html, /<a class="button" href="\/cart">Try again<\/a>/);
  assert.match(String(logged.find(({ event }) => event === "request_failed")?.error), /Unrecognized fields/);
});
