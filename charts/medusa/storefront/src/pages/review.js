/** @import { Shop } from "../shop.js" */
/** @import { Address, Cart } from "../backend/types.js" */
/** @import { Problem } from "../forms/problem.js" */
/** @import { Shopper } from "../http/shopper.js" */
import { html } from "../html.js";
import { formatMoney } from "../money.js";
import { addressBlock } from "./address.js";
import { layout } from "./layout.js";
import { orderSummary } from "./order-summary.js";
import { problemSummary } from "./problems.js";
import { steps } from "./steps.js";

/**
 * @param {Shop} shop
 * @param {Shopper} shopper
 * @param {{ cart: Cart, problems?: Problem[] }} view  A cart with an address and a delivery.
 */
export function reviewPage(shop, shopper, { cart, problems = [] }) {
  const address = /** @type {Address} */ (cart.shipping_address);
  const main = html`${problemSummary(problems)}
${steps("Review")}
<h1>Review your order</h1>
<div class="columns">
<div>
<section class="fact"><h2>Contact</h2><p>${cart.email}</p><a href="/checkout">Change<span class="unseen"> your contact</span></a></section>
<section class="fact"><h2>Delivery address</h2>${addressBlock(address)}<a href="/checkout">Change<span class="unseen"> the address</span></a></section>
<section class="fact"><h2>Delivery</h2><p>${cart.shipping_methods?.[0]?.name ?? "As chosen"}</p><a href="/checkout/delivery">Change<span class="unseen"> the delivery</span></a></section>
<section class="fact"><h2>Payment</h2><p>By arrangement. You pay nothing now: the shop writes to you how to pay.</p></section>
<form id="order" method="post" action="/checkout/review">
<input type="hidden" name="total" value="${cart.total}">
<button class="button button-wide">Place order and pay ${formatMoney(cart.total, cart.currency_code)}</button>
</form>
</div>
${orderSummary(cart)}
</div>`;
  return layout(shop, shopper, { title: "Review your order", hasProblems: problems.length > 0, main });
}
