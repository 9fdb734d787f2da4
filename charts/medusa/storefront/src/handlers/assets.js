/** @import { Shop } from "../shop.js" */
/** @import { Visit } from "../routes.js" */
import { file } from "../http/replies.js";
import { Refusal } from "../http/refusal.js";

const FOR_GOOD = "public, max-age=31536000, immutable";

/**
 * @param {Shop} shop
 * @param {Visit} visit
 */
export function asset({ assets }, { params }) {
  const found = Object.values(assets).find(({ path }) => path === `/assets/${params.name}`);
  if (!found) {
    throw new Refusal(404, "File not found", "There is no file at this address.");
  }
  return file(found.body, found.type, FOR_GOOD);
}

/**
 * What search engines have nothing to look for in: all of a copy, with what Medusa answers at the same address.
 *
 * @param {Shop} shop
 */
export function robots({ config }) {
  const paths = config.isCopy ? ["/"] : ["/cart", "/checkout", "/orders"];
  const body = ["User-agent: *", ...paths.map((path) => `Disallow: ${path}`), ""].join("\n");
  return file(body, "text/plain; charset=utf-8", "public, max-age=86400");
}
