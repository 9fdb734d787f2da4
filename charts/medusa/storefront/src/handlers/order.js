/** @import { Shop } from "../shop.js" */
/** @import { Visit } from "../routes.js" */
import { Refusal } from "../http/refusal.js";
import { page } from "../http/replies.js";
import { orderPage } from "../pages/order.js";

/**
 * Show an order to the browser that it was placed with. Anybody else who has the address, be it from
 * a history or a message, is told that it does not exist.
 *
 * @param {Shop} shop
 * @param {Visit} visit
 */
export async function showOrder(shop, { params: { order = "" }, shopper }) {
  if (!shopper.orders.includes(order)) {
    throw new Refusal(
      404,
      "Order not found",
      "An order is shown only in the browser it was placed with, for a week.",
    );
  }
  return page(orderPage(shop, shopper, await shop.orders.get(order)), { isPersonal: true });
}
