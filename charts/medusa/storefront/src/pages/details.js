/** @import { Shop } from "../shop.js" */
/** @import { Cart } from "../backend/types.js" */
/** @import { Typed } from "../forms/details.js" */
/** @import { Problem } from "../forms/problem.js" */
/** @import { Shopper } from "../http/shopper.js" */
import { ADDRESS, COUNTRY, EMAIL } from "../forms/details.js";
import { problemAt } from "../forms/problem.js";
import { html } from "../html.js";
import { countryField, textField } from "./fields.js";
import { layout } from "./layout.js";
import { cartSummary } from "./cart-summary.js";
import { problemSummary } from "./problems.js";
import { steps } from "./steps.js";

/**
 * @param {Shop} shop
 * @param {Shopper} shopper
 * @param {{ cart: Cart, typed: Typed, problems?: Problem[] }} view
 */
export function detailsPage(shop, shopper, { cart, typed, problems = [] }) {
  /** @param {string} name */
  const state = (name) => ({ value: typed[name] ?? "", problem: problemAt(problems, name) });
  const main = html`${problemSummary(problems)}
${steps("Your details")}
<h1>Your details</h1>
<div class="columns">
<form class="details" method="post" action="/checkout" novalidate>
<h2>Contact</h2>
${textField(EMAIL, state(EMAIL.name))}
<h2>Delivery address</h2>
<div class="address">
${ADDRESS.map((field) => textField(field, state(field.name)))}
${countryField(COUNTRY, cart.region.countries, state(COUNTRY.name))}
</div>
<button class="button button-wide">Continue</button>
</form>
${cartSummary(cart)}
</div>`;
  return layout(shop, shopper, { title: "Your details", hasProblems: problems.length > 0, main });
}
