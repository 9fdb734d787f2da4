import assert from "node:assert/strict";
import { test } from "node:test";
import { totalsTable } from "../src/pages/totals.js";

const ITEM = {
  id: "cali_1",
  variant_id: "variant_mug",
  product_title: "Stoneware mug",
  quantity: 1,
  unit_price: 24,
  is_tax_inclusive: true,
};

// One mug of 20 with a discount of 4, a delivery of 5, and a tax of 20 %.
const TOTALS = {
  currency_code: "eur",
  items: [ITEM],
  item_subtotal: 20,
  item_total: 19.2,
  shipping_subtotal: 5,
  shipping_total: 6,
  discount_subtotal: 4,
  discount_total: 4.8,
  tax_total: 4.2,
  total: 25.2,
};

/** @param {Parameters<typeof totalsTable>[0]} totals */
function rows(totals) {
  return [...totalsTable(totals).text.matchAll(/<dt>([^<]+)<\/dt><dd>([^<]+)/g)].map((found) => found.slice(1));
}

test("where prices include the tax, all lines do", () => {
  assert.deepEqual(rows(TOTALS), [
    ["Items", "€24.00"],
    ["Discount", "-€4.80"],
    ["Delivery", "€6.00"],
    ["Total", "€25.20"],
    ["Including tax", "€4.20"],
  ]);
});

test("where they do not, the tax is a line", () => {
  assert.deepEqual(rows({ ...TOTALS, items: [{ ...ITEM, is_tax_inclusive: false }] }), [
    ["Items", "€20.00"],
    ["Discount", "-€4.00"],
    ["Delivery", "€5.00"],
    ["Tax", "€4.20"],
    ["Total", "€25.20"],
  ]);
});

test("nothing is said of a discount or a tax that there is not", () => {
  const plain = { ...TOTALS, discount_total: 0, discount_subtotal: 0, tax_total: 0 };
  for (const is_tax_inclusive of [true, false]) {
    const labels = rows({ ...plain, items: [{ ...ITEM, is_tax_inclusive }] }).map(([label]) => label);
    assert.deepEqual(labels, ["Items", "Delivery", "Total"]);
  }
});
