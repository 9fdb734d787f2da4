/** @import { Shop } from "../shop.js" */
/** @import { Cart } from "../backend/types.js" */
/** @import { Reply } from "../http/replies.js" */
/** @import { Shopper } from "../http/shopper.js" */
import { redirect } from "../http/replies.js";
import { withCart, withOrder, withoutCart } from "../http/shopper.js";

/**
 * Do something with the shopper's cart, unless there is nothing in it.
 *
 * A cart that has become an order leads to that order. That is where a shopper comes back whose
 * connection broke while the order was placed.
 *
 * @param {Shop} shop
 * @param {Shopper} shopper
 * @param {(cart: Cart, shopper: Shopper) => Promise<Reply> | Reply} work  Given the shopper with the
 *   cart as it is now.
 * @param {(shopper: Shopper) => Reply} [otherwise]  Without anything in the cart; sends to the cart if left out.
 * @returns {Promise<Reply>}
 */
export async function useCart(shop, shopper, work, otherwise = (now) => redirect("/cart", now)) {
  const cart = shopper.cart ? await shop.carts.get(shopper.cart.id) : undefined;
  if (!cart) {
    return otherwise(withoutCart(shopper));
  }
  if (cart.completed_at) {
    const order = await shop.orders.find(cart.id);
    return redirect(`/orders/${order}`, withOrder(shopper, order));
  }
  const now = withCart(shopper, cart);
  return cart.items.length > 0 ? work(cart, now) : otherwise(now);
}
