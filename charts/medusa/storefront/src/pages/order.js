/** @import { Shop } from "../shop.js" */
/** @import { Order } from "../backend/types.js" */
/** @import { Shopper } from "../http/shopper.js" */
import { html } from "../html.js";
import { addressBlock } from "./address.js";
import { fact } from "./fact.js";
import { layout } from "./layout.js";
import { orderSummary } from "./order-summary.js";

/**
 * @param {Shop} shop
 * @param {Shopper} shopper
 * @param {Order} order
 */
export function orderPage(shop, shopper, order) {
  const title = `Order #${order.display_id} received`;
  const main = html`<h1>Order received</h1>
<p class="lead">Thank you! Your order has the number <strong>#${order.display_id}</strong>.</p>
<div class="columns">
<div>
<section>
<h2>What happens next</h2>
<ol class="next">
<li>The shop writes to <strong>${order.email}</strong> how to pay.</li>
<li>It packs your order, and sends it to the address below.</li>
<li>If you have a question, tell the shop the number of your order.</li>
</ol>
</section>
${fact("Delivery address", addressBlock(order.shipping_address))}
${fact("Delivery", html`<p>${order.shipping_methods?.[0]?.name ?? "As chosen"}</p>`)}
<p><a class="button button-quiet" href="/">Continue shopping</a></p>
</div>
${orderSummary(order)}
</div>`;
  return layout(shop, shopper, { title, main });
}
