import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMoney } from "../src/money.js";

/** @type {[number, string, string][]} */
const AMOUNTS = [
  [10, "eur", "€10.00"],
  [1234.5, "usd", "$1,234.50"],
  [0, "gbp", "£0.00"],
  [-5, "eur", "-€5.00"],
  [1500, "jpy", "¥1,500"],
  [12, "chf", "CHF 12.00"],
];

for (const [amount, currency, written] of AMOUNTS) {
  test(`${amount} ${currency} is ${written}`, () => {
    assert.equal(formatMoney(amount, currency).replace("\u00a0", " "), written);
  });
}
