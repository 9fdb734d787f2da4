/** @import { IncomingHttpHeaders } from "node:http" */

/**
 * Tell whether a request comes from the shop's own pages. Another site could otherwise have its
 * visitors' browsers fill their carts, or order.
 *
 * Browsers send `Sec-Fetch-Site` over HTTPS and on this machine, and `Origin` with every form. A
 * request with neither comes from no browser of today, and is refused as well.
 *
 * @param {IncomingHttpHeaders} headers
 * @param {string} shopOrigin
 */
export function isFromOwnOrigin(headers, shopOrigin) {
  const site = headers["sec-fetch-site"];
  return site === undefined ? headers.origin === shopOrigin : site === "same-origin";
}
