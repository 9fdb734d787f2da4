/** @import { Shop } from "../shop.js" */
/** @import { Cart, ShippingOption } from "../backend/types.js" */
/** @import { Problem } from "../forms/problem.js" */
/** @import { Shopper } from "../http/shopper.js" */
import { problemAt } from "../forms/problem.js";
import { html } from "../html.js";
import { formatMoney } from "../money.js";
import { cartSummary } from "./cart-summary.js";
import { radioGroup } from "./choices.js";
import { layout } from "./layout.js";
import { problemSummary } from "./problems.js";
import { steps } from "./steps.js";

/**
 * @param {Shop} shop
 * @param {Shopper} shopper
 * @param {{ cart: Cart, options: ShippingOption[], chosen?: string, problems?: Problem[] }} view
 */
export function deliveryPage(shop, shopper, { cart, options, chosen, problems = [] }) {
  const choices = options.map(({ id, name, amount }) => ({
    value: id,
    label: name,
    note: amount === 0 ? "Free" : formatMoney(amount, cart.currency_code),
  }));
  const main = html`${problemSummary(problems)}
${steps("Delivery")}
<h1>Delivery</h1>
<div class="columns">
<form method="post" action="/checkout/delivery" novalidate>
${radioGroup(
    { name: "delivery", legend: "Delivery method" },
    choices,
    { value: chosen ?? options[0]?.id, problem: problemAt(problems, "delivery") },
  )}
<button class="button button-wide">Continue</button>
<p class="center"><a href="/checkout">Back to your details</a></p>
</form>
${cartSummary(cart)}
</div>`;
  return layout(shop, shopper, { title: "Delivery", hasProblems: problems.length > 0, main });
}
