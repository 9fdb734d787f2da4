import assert from "node:assert/strict";
import { test } from "node:test";
import { ShopperCookies, withCart, withOrder, withoutCart } from "../src/http/shopper.js";

const NOBODY = { cart: null, orders: [] };

test("the cookies of a shop with HTTPS are for its very host, and for no script", () => {
  const cookies = new ShopperCookies("https://harbour.example.com");
  const lines = cookies.write(NOBODY, { cart: { id: "cart_1", count: 2 }, orders: ["order_1"] });
  assert.deepEqual(lines, [
    "__Host-cart=cart_1.2; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure",
    "__Host-orders=order_1; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure",
  ]);
});

test("without HTTPS a browser would refuse a secure cookie", () => {
  const cookies = new ShopperCookies("http://harbour.localhost:8080");
  assert.deepEqual(cookies.write(NOBODY, { cart: { id: "cart_1", count: 2 }, orders: [] }), [
    "cart=cart_1.2; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax",
  ]);
});

test("what is written is read again", () => {
  const cookies = new ShopperCookies("https://harbour.example.com");
  const shopper = cookies.read("theme=dark; __Host-cart=cart_1.2; __Host-orders=order_2.order_1");
  assert.deepEqual(shopper, { cart: { id: "cart_1", count: 2 }, orders: ["order_2", "order_1"] });
});

test("a cookie that a neighbour has set for the whole domain is not taken", () => {
  const cookies = new ShopperCookies("https://harbour.example.com");
  assert.deepEqual(cookies.read("cart=cart_1.2; orders=order_1"), NOBODY);
});

for (const cookie of ["cart=", "cart=cart_1", "cart=../admin.1", "cart=cart_1.x", "cart", `cart=${"x".repeat(65)}.1`]) {
  test(`a cookie of another shape is no cart: ${cookie.slice(0, 20)}`, () => {
    assert.deepEqual(new ShopperCookies("http://localhost").read(cookie), NOBODY);
  });
}

test("nothing is written where nothing has changed", () => {
  const shopper = { cart: { id: "cart_1", count: 2 }, orders: [] };
  assert.deepEqual(new ShopperCookies("http://localhost").write(shopper, { ...shopper }), []);
});

test("a cart that is gone is removed", () => {
  const shopper = { cart: { id: "cart_1", count: 2 }, orders: [] };
  assert.deepEqual(new ShopperCookies("http://localhost").write(shopper, withoutCart(shopper)), [
    "cart=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
  ]);
});

test("all pieces of a cart are counted", () => {
  const cart = { id: "cart_1", items: [{ quantity: 2 }, { quantity: 3 }] };
  assert.deepEqual(withCart(NOBODY, cart).cart, { id: "cart_1", count: 5 });
});

test("an order takes the place of its cart, and the latest five are kept", () => {
  const shopper = { cart: { id: "cart_1", count: 2 }, orders: ["e", "d", "c", "b", "a"] };
  assert.deepEqual(withOrder(shopper, "f"), { cart: null, orders: ["f", "e", "d", "c", "b"] });
  assert.deepEqual(withOrder(shopper, "c").orders, ["c", "e", "d", "b", "a"]);
});
