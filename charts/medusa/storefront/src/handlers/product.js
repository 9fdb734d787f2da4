/** @import { Shop } from "../shop.js" */
/** @import { Visit } from "../routes.js" */
import { Refusal } from "../http/refusal.js";
import { page } from "../http/replies.js";
import { productPage } from "../pages/product.js";

/**
 * @param {Shop} shop
 * @param {Visit} visit
 */
export async function showProduct(shop, { params, shopper }) {
  return page(productPage(shop, shopper, { product: await findProduct(shop, params.handle) }));
}

/**
 * @param {Shop} shop
 * @param {string} [handle]
 * @throws {Refusal} If the shop has no such product, or not any more.
 */
export async function findProduct({ catalogue }, handle = "") {
  const product = await catalogue.product(handle);
  if (!product) {
    throw new Refusal(404, "Product not found", "The shop does not sell this any more, or never did.");
  }
  return product;
}
