/** @import { Shop } from "../shop.js" */
/** @import { Visit } from "../routes.js" */
/** @import { Cart } from "../backend/types.js" */
/** @import { Reply } from "../http/replies.js" */
/** @import { Shopper } from "../http/shopper.js" */
import { page, redirect } from "../http/replies.js";
import { deliveryPage } from "../pages/delivery.js";
import { useCart } from "./use-cart.js";

/**
 * The second step of the check-out: how it is delivered. Left out where there is no choice.
 *
 * @param {Shop} shop
 * @param {Visit} visit
 */
export function showDelivery(shop, { shopper }) {
  return useCartWithAddress(shop, shopper, async (cart, now) => {
    const options = await shop.carts.shippingOptions(cart.id);
    if (options.length === 0) {
      return redirect("/checkout");
    }
    const chosen = cart.shipping_methods?.[0]?.shipping_option_id;
    return page(deliveryPage(shop, now, { cart, options, chosen }), { isPersonal: true });
  });
}

/**
 * @param {Shop} shop
 * @param {Visit} visit
 */
export function chooseDelivery(shop, { form, shopper }) {
  return useCartWithAddress(shop, shopper, async (cart, now) => {
    const options = await shop.carts.shippingOptions(cart.id);
    const chosen = options.find(({ id }) => id === form.get("delivery"));
    if (!chosen) {
      const problems = [{ field: "delivery", message: "Choose a delivery method." }];
      return page(deliveryPage(shop, now, { cart, options, problems }), { status: 422 });
    }
    await shop.carts.chooseShipping(cart.id, chosen.id);
    return redirect("/checkout/review");
  });
}

/**
 * @param {Shop} shop
 * @param {Shopper} shopper
 * @param {(cart: Cart, shopper: Shopper) => Promise<Reply>} work
 */
function useCartWithAddress(shop, shopper, work) {
  return useCart(shop, shopper, (cart, now) =>
    cart.email && cart.shipping_address ? work(cart, now) : redirect("/checkout"),
  );
}
