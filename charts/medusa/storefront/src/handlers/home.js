/** @import { Shop } from "../shop.js" */
/** @import { Visit } from "../routes.js" */
import { Refusal } from "../http/refusal.js";
import { page } from "../http/replies.js";
import { homePage } from "../pages/home.js";

/**
 * @param {Shop} shop
 * @param {Visit} visit
 */
export async function showHome(shop, { query, shopper }) {
  const number = query.get("page") ?? "1";
  const current = /^[1-9]\d{0,3}$/.test(number) ? Number(number) : undefined;
  const found = current && (await shop.catalogue.products(current));
  if (!found || current > found.pages) {
    throw new Refusal(404, "Page not found", "The list of products is not that long.");
  }
  return page(homePage(shop, shopper, { ...found, current }));
}
