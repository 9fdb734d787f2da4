/** @import { Shop } from "../shop.js" */
/** @import { Visit } from "../routes.js" */
/** @import { Problem } from "../forms/problem.js" */
import { BackendRefused } from "../backend/errors.js";
import { readQuantity } from "../forms/quantity.js";
import { page, redirect } from "../http/replies.js";
import { withCart } from "../http/shopper.js";
import { cartPage, emptyCartPage, quantityFieldId } from "../pages/cart.js";
import { useCart } from "./use-cart.js";

/**
 * @param {Shop} shop
 * @param {Visit} visit
 */
export function showCart(shop, { shopper, query }) {
  return useCart(
    shop,
    shopper,
    (cart, now) => page(cartPage(shop, now, { cart, added: query.get("added") }), { shopper: now }),
    (now) => page(emptyCartPage(shop, now), { shopper: now }),
  );
}

/**
 * Change how many of an item are in the cart. None removes it.
 *
 * @param {Shop} shop
 * @param {Visit} visit
 */
export function changeItem(shop, { params: { item = "" }, form, shopper }) {
  const { typed, quantity, problem } = readQuantity(form, { field: quantityFieldId(item), least: 0 });
  return useCart(shop, shopper, async (cart, now) => {
    /** @param {Problem} told @param {number} status */
    const tell = (told, status) =>
      page(cartPage(shop, now, { cart, problems: [told], typed: { [item]: typed } }), { status });

    if (problem) {
      return tell(problem, 422);
    }
    try {
      const changed =
        quantity === 0
          ? await shop.carts.removeItem(cart.id, item)
          : await shop.carts.setQuantity(cart.id, item, quantity);
      return redirect("/cart", withCart(shopper, changed));
    } catch (error) {
      if (error instanceof BackendRefused && error.isSoldOut) {
        const message = "There is not that much left. Choose a smaller number.";
        return tell({ field: quantityFieldId(item), message }, 409);
      }
      return skipIfGone(error);
    }
  });
}

/**
 * @param {Shop} shop
 * @param {Visit} visit
 */
export function removeItem(shop, { params: { item = "" }, shopper }) {
  return useCart(shop, shopper, async (cart) => {
    try {
      return redirect("/cart", withCart(shopper, await shop.carts.removeItem(cart.id, item)));
    } catch (error) {
      return skipIfGone(error);
    }
  });
}

/**
 * Show the cart as it is if the item was removed before, such as in another tab.
 *
 * @param {unknown} error
 */
function skipIfGone(error) {
  if (error instanceof BackendRefused && error.isUnknown) {
    return redirect("/cart");
  }
  throw error;
}
