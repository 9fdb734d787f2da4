/** @import { Totals } from "../backend/types.js" */
import { html } from "../html.js";
import { itemList } from "./items.js";
import { totalsTable } from "./totals.js";

/**
 * What is bought and what it costs, beside the form of a step.
 *
 * @param {Totals} whole
 */
export function orderSummary(whole) {
  return html`<section class="panel" aria-labelledby="summary">
<h2 id="summary">Your order</h2>
${itemList(whole)}
${totalsTable(whole)}
</section>`;
}
