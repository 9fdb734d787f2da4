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
  /** @param {number} amount */
  const money = (amount) => formatMoney(amount, totals.currency_code);
  const includesTax = totals.items.every(({ is_tax_inclusive }) => is_tax_inclusive);
  const rows = includesTax ? rowsWithTax(totals) : rowsWithoutTax(totals);
  return html`<dl class="totals">
${rows.map(([label, amount]) => html`<div><dt>${label}</dt><dd>${money(amount)}</dd></div>\n`)}
<div class="totals-sum"><dt>Total</dt><dd>${money(totals.total)}</dd></div>
${includesTax && totals.tax_total > 0 && html`<div class="quiet"><dt>Tax in it</dt><dd>${money(totals.tax_total)}</dd></div>`}
</dl>`;
}

/**
 * @param {Totals} totals
 * @returns {[string, number][]}
 */
function rowsWithTax({ item_total, shipping_total, discount_total = 0 }) {
  return [
    ["Items", item_total + discount_total],
    ...discountRow(discount_total),
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
    ...discountRow(discount_subtotal),
    ["Delivery", shipping_subtotal],
    ["Tax", tax_total],
  ];
}

/**
 * @param {number} amount
 * @returns {[string, number][]}
 */
function discountRow(amount) {
  return amount > 0 ? [["Discount", -amount]] : [];
}
