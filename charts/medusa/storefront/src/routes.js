/** @import { Shop } from "./shop.js" */
/** @import { Reply } from "./http/replies.js" */
/** @import { Shopper } from "./http/shopper.js" */
import { addItem } from "./handlers/add-item.js";
import { asset, robots } from "./handlers/assets.js";
import { changeItem, removeItem, showCart } from "./handlers/cart.js";
import { chooseDelivery, showDelivery } from "./handlers/delivery.js";
import { saveDetails, showDetails } from "./handlers/details.js";
import { healthz, readyz } from "./handlers/health.js";
import { showHome } from "./handlers/home.js";
import { showOrder } from "./handlers/order.js";
import { showProduct } from "./handlers/product.js";
import { placeOrder, showReview } from "./handlers/review.js";

/**
 * What a handler is given of a request.
 *
 * @typedef {object} Visit
 * @property {Record<string, string>} params  Of the path.
 * @property {URLSearchParams} query
 * @property {URLSearchParams} form  Empty but for a POST.
 * @property {Shopper} shopper
 */

/** @typedef {(shop: Shop, visit: Visit) => Reply | Promise<Reply>} Handler */

/**
 * @typedef {object} Route
 * @property {"GET" | "POST"} method
 * @property {string} path  `:name` stands for one segment.
 * @property {Handler} handler
 * @property {boolean} [isProbe]  Asked every few seconds, and not logged.
 */

/** @type {Route[]} */
export const ROUTES = [
  { method: "GET", path: "/", handler: showHome },
  { method: "GET", path: "/products/:handle", handler: showProduct },
  { method: "GET", path: "/cart", handler: showCart },
  { method: "POST", path: "/cart/items", handler: addItem },
  { method: "POST", path: "/cart/items/:item", handler: changeItem },
  { method: "POST", path: "/cart/items/:item/remove", handler: removeItem },
  { method: "GET", path: "/checkout", handler: showDetails },
  { method: "POST", path: "/checkout", handler: saveDetails },
  { method: "GET", path: "/checkout/delivery", handler: showDelivery },
  { method: "POST", path: "/checkout/delivery", handler: chooseDelivery },
  { method: "GET", path: "/checkout/review", handler: showReview },
  { method: "POST", path: "/checkout/review", handler: placeOrder },
  { method: "GET", path: "/orders/:order", handler: showOrder },
  { method: "GET", path: "/assets/:name", handler: asset },
  { method: "GET", path: "/robots.txt", handler: robots },
  { method: "GET", path: "/healthz", handler: healthz, isProbe: true },
  { method: "GET", path: "/readyz", handler: readyz, isProbe: true },
];
