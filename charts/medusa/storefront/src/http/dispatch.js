/** @import { IncomingMessage } from "node:http" */
/** @import { Shop } from "../shop.js" */
/** @import { Reply } from "./replies.js" */
/** @import { Found } from "./router.js" */
/** @import { Shopper } from "./shopper.js" */
import { readForm } from "./form.js";
import { isFromOwnOrigin } from "./own-origin.js";
import { Refusal } from "./refusal.js";

/**
 * Hand a request to the handler of its route.
 *
 * @param {Shop} shop
 * @param {IncomingMessage} request
 * @param {object} visit
 * @param {Found} visit.found
 * @param {URL} visit.url
 * @param {Shopper} visit.shopper
 * @returns {Promise<Reply>}
 * @throws {Refusal} If there is no route, or the request may not be made.
 */
export async function dispatch(shop, request, { found: { route, params, allow }, url, shopper }) {
  if (!route && allow.length > 0) {
    throw new Refusal(405, "That does not work here", "Go back, and use the buttons of the page.", {
      allow: allow.join(", "),
    });
  }
  if (!route) {
    throw new Refusal(404, "Page not found", "There is no page at this address.");
  }
  const form = await formOf(request, shop.config.shopOrigin);
  return route.handler(shop, { params, query: url.searchParams, form, shopper });
}

/**
 * @param {IncomingMessage} request
 * @param {string} shopOrigin
 */
async function formOf(request, shopOrigin) {
  if (request.method !== "POST") {
    return new URLSearchParams();
  }
  if (!isFromOwnOrigin(request.headers, shopOrigin)) {
    throw new Refusal(403, "Not from this shop", "Open the shop itself, and try again there.");
  }
  return readForm(request);
}
