/** @import { Shop } from "../shop.js" */
/** @import { Cart, Item } from "../backend/types.js" */
/** @import { Problem } from "../forms/problem.js" */
/** @import { Shopper } from "../http/shopper.js" */
import { problemAt } from "../forms/problem.js";
import { html } from "../html.js";
import { formatMoney } from "../money.js";
import { quantityField } from "./fields.js";
import { itemName, itemTotal, variantNote } from "./items.js";
import { layout } from "./layout.js";
import { picture } from "./picture.js";
import { problemSummary } from "./problems.js";

/** @param {string} itemId */
export function quantityFieldId(itemId) {
  return `quantity-${itemId}`;
}

/**
 * @typedef {object} CartView
 * @property {Cart} cart
 * @property {string | null} [added]  The variant that was just put in.
 * @property {Problem[]} [problems]
 * @property {Record<string, string>} [typed]  Quantities, by item.
 */

/**
 * @param {Shop} shop
 * @param {Shopper} shopper
 * @param {CartView} view
 */
export function cartPage(shop, shopper, view) {
  const { cart, added, problems = [] } = view;
  const subtotal = cart.items.reduce((sum, item) => sum + itemTotal(item), 0);
  const main = html`${problemSummary(problems)}
<h1>Your cart</h1>
${addedNotice(cart.items.find(({ variant_id }) => variant_id === added))}
<div class="columns">
<ul class="items" role="list">
${cart.items.map((item) => line(item, view))}
</ul>
<section class="panel" aria-labelledby="subtotal">
<h2 id="subtotal" class="panel-sum">
<span>Subtotal</span> <span>${formatMoney(subtotal, cart.currency_code)}</span>
</h2>
<p class="quiet">Delivery and tax are added at the check-out, before you order.</p>
<a class="button button-wide" href="/checkout">Check out</a>
<p class="center"><a href="/">Continue shopping</a></p>
</section>
</div>`;
  return layout(shop, shopper, { title: "Your cart", hasProblems: problems.length > 0, main });
}

/**
 * @param {Shop} shop
 * @param {Shopper} shopper
 */
export function emptyCartPage(shop, shopper) {
  const main = html`<div class="message">
<h1>Your cart is empty</h1>
<p>What you put into it is kept here for a month.</p>
<p><a class="button" href="/">See all products</a></p>
</div>`;
  return layout(shop, shopper, { title: "Your cart", main });
}

/** @param {Item} [item] */
function addedNotice(item) {
  return item && html`<p class="notice" role="status">${item.product_title} is in your cart.</p>`;
}

/**
 * @param {Item} item
 * @param {CartView} view
 */
function line(item, { cart, problems = [], typed = {} }) {
  const { id, product_title: title, product_handle: handle } = item;
  const field = quantityFieldId(id);
  const place = `/cart/items/${encodeURIComponent(id)}`;
  const name = itemName(item);
  return html`<li class="item">
${picture({ url: item.thumbnail, title })}
<div class="item-name">
${handle ? html`<a href="/products/${encodeURIComponent(handle)}">${title}</a>` : html`<span>${title}</span>`}
${variantNote(item)}
<span class="quiet">${formatMoney(item.unit_price, cart.currency_code)} each</span>
</div>
<span class="item-total">${formatMoney(itemTotal(item), cart.currency_code)}</span>
<div class="item-actions">
<form method="post" action="${place}" novalidate>
${quantityField(
    { id: field, label: `Quantity of ${name}`, isLabelUnseen: true },
    { value: typed[id] ?? String(item.quantity), problem: problemAt(problems, field) },
  )}
<button class="button button-quiet">Update<span class="unseen"> the quantity of ${name}</span></button>
</form>
<form method="post" action="${place}/remove">
<button class="button button-plain">Remove<span class="unseen"> ${name}</span></button>
</form>
</div>
</li>
`;
}
