/** @import { Assets } from "./assets.js" */
/** @import { Config } from "./config.js" */
/** @import { Log } from "./log.js" */
import { createAssets } from "./assets.js";
import { Carts } from "./backend/carts.js";
import { Catalogue } from "./backend/catalogue.js";
import { Client } from "./backend/client.js";
import { Orders } from "./backend/orders.js";
import { Readiness } from "./backend/readiness.js";

/**
 * Everything that handlers work with.
 *
 * @typedef {object} Shop
 * @property {Config} config
 * @property {Log} log
 * @property {Assets} assets
 * @property {Catalogue} catalogue
 * @property {Carts} carts
 * @property {Orders} orders
 * @property {Readiness} readiness
 */

/**
 * @param {Config} config
 * @param {Log} log
 * @param {Client} [client]
 * @returns {Shop}
 */
export function createShop(
  config,
  log,
  client = new Client({ url: config.backendUrl, publishableKey: config.publishableKey }),
) {
  return {
    config,
    log,
    assets: createAssets(config.shopName),
    catalogue: new Catalogue(client),
    carts: new Carts(client),
    orders: new Orders(client),
    readiness: new Readiness(client, log),
  };
}
