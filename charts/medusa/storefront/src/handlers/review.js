/** @import { Shop } from "../shop.js" */
/** @import { Visit } from "../routes.js" */
/** @import { Cart } from "../backend/types.js" */
/** @import { Reply } from "../http/replies.js" */
/** @import { Shopper } from "../http/shopper.js" */
import { BackendAway, BackendRefused } from "../backend/errors.js";
import { page, redirect } from "../http/replies.js";
import { withOrder } from "../http/shopper.js";
import { reviewPage } from "../pages/review.js";
import { useCart } from "./use-cart.js";

/**
 * The last step of the check-out: everything once more, and the button.
 *
 * @param {Shop} shop
 * @param {Visit} visit
 */
export function showReview(shop, { shopper }) {
  return useCompleteCart(shop, shopper, (cart, now) =>
    page(reviewPage(shop, now, { cart }), { isPersonal: true }),
  );
}

/**
 * Place the order, and send the browser on to it. Sent twice, the form leads to the same order.
 *
 * @param {Shop} shop
 * @param {Visit} visit
 */
export function placeOrder(shop, { form, shopper }) {
  return useCompleteCart(shop, shopper, async (cart, now) => {
    /** @param {number} status @param {string} message */
    const tell = (status, message) =>
      page(reviewPage(shop, now, { cart, problems: [{ field: "order", message }] }), { status });

    if (form.get("total") !== String(cart.total)) {
      return tell(409, "Your cart has changed meanwhile. Look at it once more, then place the order.");
    }
    try {
      const order = await shop.orders.place(cart);
      return redirect(`/orders/${order}`, withOrder(shopper, order));
    } catch (error) {
      const { status, message } = explain(error);
      shop.log("order_failed", { error: String(error) });
      return tell(status, message);
    }
  });
}

/**
 * @param {unknown} error
 * @returns {{ status: number, message: string }}
 */
function explain(error) {
  if (error instanceof BackendAway) {
    const message =
      "The shop did not answer in time, and may have your order already. Place it again: it will not" +
      " be ordered twice.";
    return { status: 503, message };
  }
  if (error instanceof BackendRefused && error.isSoldOut) {
    const message = "Something in your cart has just sold out. Change the cart, then place the order.";
    return { status: 409, message };
  }
  if (error instanceof BackendRefused) {
    const message = "The shop could not take this order. Check your address and the delivery.";
    return { status: 409, message };
  }
  throw error;
}

/**
 * @param {Shop} shop
 * @param {Shopper} shopper
 * @param {(cart: Cart, shopper: Shopper) => Reply | Promise<Reply>} work
 */
function useCompleteCart(shop, shopper, work) {
  return useCart(shop, shopper, (cart, now) => {
    if (!cart.email || !cart.shipping_address) {
      return redirect("/checkout");
    }
    return cart.shipping_methods?.length ? work(cart, now) : redirect("/checkout/delivery");
  });
}
