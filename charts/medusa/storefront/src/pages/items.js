/** @import { Item, Totals } from "../backend/types.js" */
import { html } from "../html.js";
import { formatMoney } from "../money.js";
import { picture } from "./picture.js";

/**
 * What is in a cart or an order, to read.
 *
 * @param {Totals} whole
 */
export function itemList({ items, currency_code }) {
  return html`<ul class="items" role="list">
${items.map(
    (item) => html`<li class="item">
${picture({ url: item.thumbnail, title: item.product_title })}
<div class="item-name">
<span>${item.product_title}</span>
${variantNote(item)}
<span class="quiet">${item.quantity} × ${formatMoney(item.unit_price, currency_code)}</span>
</div>
<span class="item-total">${formatMoney(itemTotal(item), currency_code)}</span>
</li>
`,
  )}</ul>`;
}

/** @param {Item} item */
export function variantNote(item) {
  const title = variantTitle(item);
  return title && html`<span class="quiet">${title}</span>`;
}

/** @param {Item} item */
export function itemName(item) {
  return [item.product_title, variantTitle(item)].filter(Boolean).join(", ");
}

/** @param {Item} item */
function variantTitle({ variant_title: title }) {
  // What Medusa's admin calls the only variant of a product.
  return title && !/^default( variant)?$/i.test(title) ? title : undefined;
}

/**
 * Return what an item costs at the price that is shown. Medusa's own `total` is absent from some answers.
 *
 * @param {Item} item
 */
export function itemTotal({ unit_price, quantity }) {
  return unit_price * quantity;
}
