/** @import { Shop } from "../shop.js" */
/** @import { Address, Cart } from "../backend/types.js" */
/** @import { Problem } from "../forms/problem.js" */
/** @import { Shopper } from "../http/shopper.js" */
import { html } from "../html.js";
import { formatMoney } from "../money.js";
import { addressBlock } from "./address.js";
import { fact } from "./fact.js";
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
  const delivery = cart.shipping_methods?.[0]?.name ?? "As chosen";
  const main = html`${problemSummary(problems)}
${steps("Review")}
<h1>Review your order</h1>
<div class="columns columns-last">
<div>
${fact("Contact", html`<p>${cart.email}</p>`, { path: "/checkout", what: "your contact" })}
${fact("Delivery address", addressBlock(address), { path: "/checkout", what: "the address" })}
${fact("Delivery", html`<p>${delivery}</p>`, { path: "/checkout/delivery", what: "the delivery" })}
${fact("Payment", html`<p>By arrangement. You pay nothing now: the shop writes to you how to pay.</p>`)}
</div>
${orderSummary(cart)}
<form id="order" method="post" action="/checkout/review">
<input type="hidden" name="total" value="${cart.total}">
<button class="button button-wide">Place order for ${formatMoney(cart.total, cart.currency_code)}</button>
</form>
</div>`;
  return layout(shop, shopper, { title: "Review your order", hasProblems: problems.length > 0, main });
}
