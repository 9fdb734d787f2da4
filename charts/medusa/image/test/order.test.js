const assert = require("node:assert/strict")
const { test } = require("node:test")
const { announcement, confirmation } = require("../src/mail/order")

const ORDER = {
  id: "order_1",
  display_id: 7,
  email: "ada@example.com",
  currency_code: "eur",
  items: [
    { quantity: 2, product_title: "Blue mug", total: 23.8 },
    { quantity: 1, product_title: "Tea & spoon", total: 5 },
  ],
  shipping_total: 5.95,
  tax_total: 4.75,
  total: 34.75,
  shipping_address: {
    first_name: "Ada",
    last_name: "Lovelace",
    address_1: "Hill Street 1",
    address_2: null,
    postal_code: "10115",
    city: "Berlin",
    country_code: "de",
    province: "",
  },
}

test("the shopper's mail says what was ordered, what it costs and where it goes", () => {
  const { subject, text } = confirmation("Harbour Hill", ORDER)
  assert.equal(subject, "Your order #7 at Harbour Hill")
  assert.equal(
    text,
    `Thank you for your order.

Order #7
  2 × Blue mug: €23.80
  1 × Tea & spoon: €5.00
  Delivery: €5.95
  Total: €34.75
  Including tax: €4.75

It goes to:
  Ada Lovelace
  Hill Street 1
  10115 Berlin
  Germany

Harbour Hill
`,
  )
})

test("an order without tax says nothing of it", () => {
  assert.doesNotMatch(confirmation("Harbour Hill", { ...ORDER, tax_total: 0 }).text, /tax/)
})

test("the merchant's mail says who has ordered, and leads to the order", () => {
  const { subject, text } = announcement("Harbour Hill", ORDER, "http://hill.test/app")
  assert.equal(subject, "New order #7 at Harbour Hill")
  assert.match(text, /^ada@example\.com has ordered:\n\n  2 × Blue mug: €23\.80\n/)
  assert.match(text, /\nhttp:\/\/hill\.test\/app\/orders\/order_1\n$/)
})
