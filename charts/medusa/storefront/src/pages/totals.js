/** @import { Totals } from "../backend/types.js" */
import { html } from "../html.js";
import { formatMoney } from "../money.js";

/**
 * What is paid, line by line.
 *
 * Where prices include the tax, the lines do too, and the tax is told in passing. Else it is a line of
 * its own, as in the admin.
 *
 * @param {Totals} totals
 */
export function totalsTable(totals) {
  /** @param {string} label @param {number} amount @param {string} [className] */
  const row = (label, amount, className) => html`<div${className && html` class="${className}"`}>
<dt>${label}</dt><dd>${formatMoney(amount, totals.currency_code)}</dd>
</div>
`;
  const includesTax = totals.items.every(({ is_tax_inclusive }) => is_tax_inclusive);
  const rows = includesTax ? rowsWithTax(totals) : rowsWithoutTax(totals);
  return html`<dl class="totals">
${rows.map(([label, amount]) => row(label, amount))}
${row("Total", totals.total, "totals-sum")}
${includesTax && totals.tax_total > 0 && row("Including tax", totals.tax_total, "quiet")}
</dl>`;
}

/**
 * @param {Totals} totals
 * @returns {[string, number][]}
 */
function rowsWithTax({ item_total, shipping_total, discount_total = 0 }) {
  return [
    ["Items", item_total + discount_total],
    ...rowUnlessZero("Discount", -discount_total),
    ["Delivery", shipping_total],
  ];
}

/**
 * @param {Totals} totals
 * @returns {[string, number][]}
 */
function rowsWithoutTax({ item_subtotal, shipping_subtotal, tax_total, discount_subtotal = 0 }) {
  return [
    ["Items", item_subtotal],
    ...rowUnlessZero("Discount", -discount_subtotal),
    ["Delivery", shipping_subtotal],
    ...rowUnlessZero("Tax", tax_total),
  ];
}

/**
 * @param {string} label
 * @param {number} amount
 * @returns {[string, number][]}
 */
function rowUnlessZero(label, amount) {
  return amount === 0 ? [] : [[label, amount]];
}
