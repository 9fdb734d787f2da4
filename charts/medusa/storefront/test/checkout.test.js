import assert from "node:assert/strict";
import { test } from "node:test";
import { SOLD_OUT, refuse } from "./fake-medusa.js";
import { serve } from "./serving.js";

const ADA = {
  email: "ada@example.com",
  first_name: "Ada",
  last_name: "Lovelace",
  address_1: "Hafenstraße 7",
  address_2: "",
  postal_code: "20359",
  city: "Hamburg",
  province: "",
  country_code: "de",
};

/** @param {import("node:test").TestContext} t @param {Parameters<typeof serve>[1]} [options] */
async function withMug(t, options) {
  const serving = await serve(t, options);
  const someone = serving.visitor();
  await someone.send("/cart/items", { product: "stoneware-mug", variant: "variant_mug", quantity: "2" });
  return { ...serving, someone };
}

/** @param {import("node:test").TestContext} t @param {Parameters<typeof serve>[1]} [options] */
async function atReview(t, options) {
  const serving = await withMug(t, options);
  await serving.someone.send("/checkout", ADA);
  const { html } = await serving.someone.send("/checkout/delivery", { delivery: "so_standard" });
  const total = /name="total" value="([^"]+)"/.exec(html)?.[1] ?? "";
  return { ...serving, total };
}

test("the check-out without anything in the cart leads to the cart", async (t) => {
  const { visitor } = await serve(t);
  for (const path of ["/checkout", "/checkout/delivery", "/checkout/review"]) {
    const someone = visitor();
    await someone.open(path);
    assert.equal(someone.path, "/cart");
  }
});

test("a step that is not due leads back to the one that is", async (t) => {
  const { someone } = await withMug(t);
  await someone.open("/checkout/review");
  assert.equal(someone.path, "/checkout");
  await someone.open("/checkout/delivery");
  assert.equal(someone.path, "/checkout");
  await someone.send("/checkout", ADA);
  await someone.open("/checkout/review");
  assert.equal(someone.path, "/checkout/delivery");
});

test("the form has a label and a purpose for every field", async (t) => {
  const { someone } = await withMug(t);
  const { status, html, headers } = await someone.open("/checkout");
  assert.equal(status, 200);
  assert.equal(headers.get("cache-control"), "no-store");
  const fields = [...html.matchAll(/<(?:input|select) id="(\w+)" [^>]*autocomplete="([^"]+)"/g)];
  assert.deepEqual(fields.map((found) => found.slice(1)), [
    ["email", "email"],
    ["first_name", "shipping given-name"],
    ["last_name", "shipping family-name"],
    ["address_1", "shipping address-line1"],
    ["address_2", "shipping address-line2"],
    ["postal_code", "shipping postal-code"],
    ["city", "shipping address-level2"],
    ["province", "shipping address-level1"],
    ["country_code", "shipping country"],
  ]);
  for (const [, name] of fields) {
    assert.ok(html.includes(`<label for="${name}">`), name);
  }
  assert.deepEqual([...html.matchAll(/<option value="(\w*)"/g)].map(([, code]) => code), ["", "at", "de", "mt"]);
});

test("every mistake is told, at the top and at its field, and what was typed is kept", async (t) => {
  const { medusa, someone } = await withMug(t);
  const typed = { ...ADA, email: "ada@", city: " ", country_code: "fr", last_name: "x".repeat(101) };
  const { status, html } = await someone.send("/checkout", typed);
  assert.equal(status, 422);
  assert.match(html, /<h2>There are 4 problems<\/h2>/);
  assert.deepEqual([...html.matchAll(/<li><a href="#(\w+)">([^<]+)/g)].map((found) => found.slice(1)), [
    ["email", "Enter an e-mail address such as ada@example.com."],
    ["last_name", "Use at most 100 characters."],
    ["city", "Enter the city."],
    ["country_code", "Choose the country to deliver to."],
  ]);
  assert.match(html, /id="email"[^>]* value="ada@" required aria-describedby="email-hint email-problem" aria-invalid="true"/);
  assert.match(html, /id="address_1"[^>]* value="Hafenstraße 7" required>/);
  assert.equal(medusa.countCalls(/POST \/store\/carts\/\w+$/), 0);
});

test("a country without delivery is told at the country", async (t) => {
  const { someone } = await withMug(t);
  const { status, html } = await someone.send("/checkout", { ...ADA, country_code: "mt" });
  assert.equal(status, 422);
  assert.match(html, /<a href="#country_code">The shop does not deliver to this address\./);
  assert.match(html, /<option value="mt" selected>Malta/);
  await someone.open("/checkout/delivery");
  assert.equal(someone.path, "/checkout");
});

test("where there is one way to deliver, nobody is asked", async (t) => {
  const { medusa, someone } = await withMug(t);
  const { html } = await someone.send("/checkout", { ...ADA, country_code: "at" });
  assert.equal(someone.path, "/checkout/review");
  assert.match(html, /<p>Post<\/p>/);
  assert.equal(medusa.checkout.carts.values().next().value?.shipping?.id, "so_austria");
});

test("where there are several, the shopper chooses", async (t) => {
  const { someone } = await withMug(t);
  const { html } = await someone.send("/checkout", ADA);
  assert.equal(someone.path, "/checkout/delivery");
  assert.match(html, /value="so_standard" checked required>\n<span>Standard<\/span> <span class="choice-note">€5\.00/);
  assert.match(html, /value="so_express" required>\n<span>Express<\/span> <span class="choice-note">€12\.50/);
});

test("a way to deliver that there is not", async (t) => {
  const { someone } = await withMug(t);
  await someone.send("/checkout", ADA);
  const { status, html } = await someone.send("/checkout/delivery", { delivery: "so_austria" });
  assert.equal(status, 422);
  assert.match(html, /<a href="#delivery">Choose a delivery method\./);
});

test("a guest's record that another cart has just made is met once, and not told", async (t) => {
  const { medusa, someone } = await withMug(t);
  const message = "Customer with email: ada@example.com, has_account: false, already exists.";
  medusa.script(/POST \/store\/carts\/\w+$/, refuse(400, { type: "invalid_data", message }), 1);
  await someone.send("/checkout", ADA);
  assert.equal(someone.path, "/checkout/delivery");
  assert.equal(medusa.countCalls(/POST \/store\/carts\/\w+$/), 2);
});

test("an address that the backend refuses is told at the form", async (t) => {
  const { medusa, someone } = await withMug(t);
  medusa.script(/POST \/store\/carts\/\w+$/, refuse(400, { message: "Invalid request: Invalid email address" }), 1);
  const email = await someone.send("/checkout", ADA);
  assert.equal(email.status, 422);
  assert.match(email.html, /<a href="#email">The shop does not take this e-mail address\./);
  medusa.script(/POST \/store\/carts\/\w+$/, refuse(400, { message: "Invalid request" }), 1);
  const address = await someone.send("/checkout", ADA);
  assert.match(address.html, /<a href="#address_1">The shop does not take this address\./);
});

test("the last step shows everything, and what is to be paid", async (t) => {
  const { someone } = await atReview(t);
  const { html } = await someone.open("/checkout/review");
  assert.match(html, /<p>ada@example.com<\/p>/);
  assert.match(html, /<address>Ada Lovelace<br>Hafenstraße 7<br>20359 Hamburg<br>Germany<\/address>/);
  assert.match(html, /<p>Standard<\/p>/);
  const rows = [...html.matchAll(/<dt>([^<]+)<\/dt><dd>([^<]+)<\/dd>/g)].map((found) => found.slice(1));
  assert.deepEqual(rows, [
    ["Items", "€37.00"],
    ["Delivery", "€5.00"],
    ["Tax", "€8.40"],
    ["Total", "€50.40"],
  ]);
  assert.match(html, /Place order for €50\.40/);
});

test("what was typed is there when a shopper comes back", async (t) => {
  const { someone } = await atReview(t);
  const { html } = await someone.open("/checkout");
  assert.match(html, /id="email"[^>]* value="ada@example.com"/);
  assert.match(html, /<option value="de" selected>/);
  assert.match((await someone.open("/checkout/delivery")).html, /value="so_standard" checked/);
});

test("an order is placed, and shown with what happens next", async (t) => {
  const { medusa, someone, total } = await atReview(t);
  const { status, html, headers } = await someone.send("/checkout/review", { total });
  assert.equal(status, 200);
  assert.match(someone.path, /^\/orders\/order_\w+$/);
  assert.equal(headers.get("cache-control"), "no-store");
  assert.match(html, /<title>Order #1 received – /);
  assert.match(html, /The shop writes to <strong>ada@example.com<\/strong> how to pay\./);
  assert.match(html, /<dt>Total<\/dt><dd>€50\.40<\/dd>/);
  assert.doesNotMatch(html, /class="count"/);
  assert.deepEqual([...someone.cookies.keys()], ["orders"]);
  const session = medusa.calls.find(({ line }) => line.endsWith("/payment-sessions"));
  assert.deepEqual(session?.body, { provider_id: "pp_system_default" });
});

test("a reload shows the same order, and another browser does not", async (t) => {
  const { medusa, someone, visitor, total } = await atReview(t);
  await someone.send("/checkout/review", { total });
  const place = someone.path;
  assert.match((await someone.open(place)).html, /#1/);
  const other = await visitor().open(place);
  assert.equal(other.status, 404);
  assert.match(other.html, /<h1>Order not found<\/h1>/);
  assert.doesNotMatch(other.html, /ada@example.com/);
  assert.equal(medusa.countCalls(/complete$/), 1);
});

test("a double click places one order, and both clicks lead to it", async (t) => {
  const { medusa, someone, total } = await atReview(t);
  const clicks = [someone.window(), someone.window(), someone.window()];
  const answers = await Promise.all(clicks.map((click) => click.sendOnly("/checkout/review", { total })));
  const places = new Set(answers.map(({ headers }) => headers.get("location")));
  assert.equal(places.size, 1);
  assert.match([...places][0] ?? "", /^\/orders\/order_/);
  assert.equal(medusa.checkout.orders.size, 1);
  assert.equal(medusa.countCalls(/complete$/), 1);
});

test("a form that is sent again after the order leads to it", async (t) => {
  const { medusa, someone, total } = await atReview(t);
  const before = someone.window();
  await someone.send("/checkout/review", { total });
  await before.send("/checkout/review", { total });
  assert.equal(before.path, someone.path);
  assert.equal(medusa.checkout.orders.size, 1);
  assert.equal(medusa.countCalls(/payment-sessions$/), 1);
});

test("an order whose answer was lost is found again, and not placed twice", async (t) => {
  const { medusa, someone, total, logged } = await atReview(t);
  medusa.script(/complete$/, (response) => void response.socket?.destroy(), 1);
  const lost = await someone.send("/checkout/review", { total });
  assert.equal(lost.status, 503);
  assert.match(lost.html, /<a href="#order">The shop did not answer in time, and may have your order already\./);
  assert.equal(logged.find(({ event }) => event === "order_failed")?.error !== undefined, true);
  const again = await someone.send("/checkout/review", { total });
  assert.match(again.html, /#1/);
  assert.equal(medusa.checkout.orders.size, 1);
  assert.equal(medusa.countCalls(/payment-sessions$/), 1);
});

test("a shopper who comes back after a broken connection finds the order, from any page", async (t) => {
  for (const path of ["/cart", "/checkout", "/checkout/delivery", "/checkout/review"]) {
    const { someone, total } = await atReview(t);
    const before = someone.window();
    await someone.sendOnly("/checkout/review", { total });
    await before.open(path);
    assert.match(before.path, /^\/orders\/order_/);
  }
});

test("something new goes into a new cart after an order", async (t) => {
  const { medusa, someone, total } = await atReview(t);
  const before = someone.window();
  await someone.send("/checkout/review", { total });
  await before.send("/cart/items", { product: "stoneware-mug", variant: "variant_mug", quantity: "1" });
  assert.match(before.path, /^\/cart/);
  assert.equal(medusa.checkout.carts.size, 2);
});

test("while another replica places the order, this one waits for it", async (t) => {
  const { medusa, someone, total } = await atReview(t);
  medusa.script(/complete$/, refuse(409, { type: "conflict", message: "The request conflicted" }), 2);
  await someone.send("/checkout/review", { total });
  assert.match(someone.path, /^\/orders\/order_/);
  assert.equal(medusa.countCalls(/complete$/), 3);
});

test("a conflict without end is told, and nothing is placed", async (t) => {
  const { medusa, someone, total } = await atReview(t);
  medusa.script(/complete$/, refuse(409, { type: "conflict", message: "The request conflicted" }));
  assert.equal((await someone.send("/checkout/review", { total })).status, 503);
  assert.equal(medusa.countCalls(/complete$/), 10);
  assert.equal(medusa.checkout.orders.size, 0);
});

test("what sells out at the last moment is told", async (t) => {
  const { medusa, someone, total } = await atReview(t);
  medusa.script(/complete$/, refuse(400, SOLD_OUT), 1);
  const { status, html } = await someone.send("/checkout/review", { total });
  assert.equal(status, 409);
  assert.match(html, /<a href="#order">Something in your cart has just sold out\./);
});

test("an order that the backend refuses is told, and can be placed later", async (t) => {
  const { medusa, someone, total } = await atReview(t);
  const refused = { type: "cart", cart: {}, error: { message: "Payment authorization failed" } };
  medusa.script(/complete$/, refuse(200, /** @type {any} */ (refused)), 1);
  const { status, html } = await someone.send("/checkout/review", { total });
  assert.equal(status, 409);
  assert.match(html, /The shop could not take this order\./);
  await someone.send("/checkout/review", { total });
  assert.match(someone.path, /^\/orders\/order_/);
});

test("a cart that has changed in another tab is shown before it is ordered", async (t) => {
  const { medusa, someone, total } = await atReview(t);
  await someone.window().send("/cart/items", { product: "oak-board", variant: "variant_board", quantity: "1" });
  const { status, html } = await someone.send("/checkout/review", { total });
  assert.equal(status, 409);
  assert.match(html, /Your cart has changed meanwhile\./);
  assert.match(html, /Oak bread board/);
  assert.equal(medusa.checkout.orders.size, 0);
});

test("every page of the purchase is below 14 kB", async (t) => {
  const { someone, total } = await atReview(t);
  const pages = [
    await someone.open("/cart"),
    await someone.open("/checkout"),
    await someone.open("/checkout/delivery"),
    await someone.open("/checkout/review"),
    await someone.send("/checkout/review", { total }),
  ];
  for (const { html } of pages) {
    assert.ok(Buffer.byteLength(html) < 14_000, `${Buffer.byteLength(html)} bytes`);
  }
});
