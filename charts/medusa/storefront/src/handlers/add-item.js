/** @import { Shop } from "../shop.js" */
/** @import { Visit } from "../routes.js" */
/** @import { Product } from "../backend/products.js" */
/** @import { Cart } from "../backend/types.js" */
/** @import { Shopper } from "../http/shopper.js" */
import { BackendRefused } from "../backend/errors.js";
import { readQuantity } from "../forms/quantity.js";
import { Refusal } from "../http/refusal.js";
import { page, redirect } from "../http/replies.js";
import { withCart } from "../http/shopper.js";
import { productPage } from "../pages/product.js";
import { findProduct } from "./product.js";

/**
 * Put a product into the cart, and begin one if need be.
 *
 * @param {Shop} shop
 * @param {Visit} visit
 */
export async function addItem(shop, { form, shopper }) {
  const product = await findProduct(shop, form.get("product") ?? "");
  const choice = readChoice(form, product);
  /** @param {number} status @param {{ field: string, message: string }[]} problems */
  const tell = (status, problems) =>
    page(productPage(shop, shopper, { product, problems, typed: choice.typed }), { status });

  if (choice.problems.length > 0) {
    return tell(422, choice.problems);
  }
  try {
    const cart = await add(shop, shopper, choice);
    return redirect(`/cart?added=${encodeURIComponent(choice.variant)}`, withCart(shopper, cart));
  } catch (error) {
    if (error instanceof BackendRefused && error.isSoldOut) {
      const message = "There is not that much left. Choose a smaller number, or something else.";
      return tell(409, [{ field: "quantity", message }]);
    }
    if (error instanceof BackendRefused && !error.isConflict) {
      throw new Refusal(404, "Product not found", "The shop does not sell this any more.");
    }
    throw error;
  }
}

/**
 * @param {URLSearchParams} form
 * @param {Product} product
 */
function readChoice(form, { variants }) {
  const variant = form.get("variant") ?? "";
  const { typed, quantity, problem } = readQuantity(form, { field: "quantity", least: 1 });
  const problems = problem ? [problem] : [];
  if (!variants.some(({ id }) => id === variant)) {
    problems.unshift({ field: "variant", message: "Choose which one you want." });
  }
  return { variant, quantity, problems, typed: { variant, quantity: typed } };
}

/**
 * @param {Shop} shop
 * @param {Shopper} shopper
 * @param {{ variant: string, quantity: number }} choice
 * @returns {Promise<Cart>}
 */
async function add({ carts, catalogue }, shopper, { variant, quantity }) {
  if (shopper.cart) {
    try {
      return await carts.addItem(shopper.cart.id, variant, quantity);
    } catch (error) {
      // A cart that is gone, or has become an order, takes nothing more: a new one does.
      const cart = await carts.get(shopper.cart.id);
      if (!(error instanceof BackendRefused) || (cart && !cart.completed_at)) {
        throw error;
      }
    }
  }
  const { id } = await carts.create((await catalogue.region()).id);
  return carts.addItem(id, variant, quantity);
}
