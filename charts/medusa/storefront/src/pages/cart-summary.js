/** @import { Cart } from "../backend/types.js" */
import { html } from "../html.js";
import { itemList } from "./items.js";

/**
 * What is bought, beside the first steps of the check-out. What it costs in the end depends on them.
 *
 * @param {Cart} cart
 */
export function cartSummary(cart) {
  return html`<section class="panel" aria-labelledby="summary">
<h2 id="summary">Your cart</h2>
${itemList(cart)}
<p><a href="/cart">Change the cart</a></p>
</section>`;
}
