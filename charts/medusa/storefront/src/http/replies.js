/** @import { Markup } from "../html.js" */
/** @import { Shopper } from "./shopper.js" */

/**
 * What a handler answers.
 *
 * @typedef {object} Reply
 * @property {number} status
 * @property {Record<string, string>} headers
 * @property {string} body
 * @property {Shopper} [shopper]  What the browser is to remember from now on; as before if left out.
 */

/**
 * @param {Markup} markup
 * @param {object} [options]
 * @param {number} [options.status]
 * @param {Shopper} [options.shopper]
 * @param {boolean} [options.isPersonal]  Has a name or an address in it, so that no copy is kept.
 * @param {number} [options.retryAfterSeconds]
 * @returns {Reply}
 */
export function page(markup, { status = 200, shopper, isPersonal = false, retryAfterSeconds } = {}) {
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      // Pages tell what is in the cart, so that no proxy may share them. A browser asks each time,
      // and is told when its copy is still good.
      "cache-control": isPersonal || status >= 400 ? "no-store" : "private, no-cache",
      vary: "Cookie, Accept-Encoding",
      ...(retryAfterSeconds && { "retry-after": String(retryAfterSeconds) }),
    },
    body: markup.text,
    shopper,
  };
}

/**
 * Send the browser on with a GET, so that a reload does not send a form again.
 *
 * @param {string} path  Of this shop; it begins with a slash.
 * @param {Shopper} [shopper]
 * @returns {Reply}
 */
export function redirect(path, shopper) {
  return { status: 303, headers: { location: path, "cache-control": "no-store" }, body: "", shopper };
}

/**
 * @param {string} body
 * @param {string} type
 * @param {string} cacheControl
 * @returns {Reply}
 */
export function file(body, type, cacheControl) {
  return { status: 200, headers: { "content-type": type, "cache-control": cacheControl }, body };
}
