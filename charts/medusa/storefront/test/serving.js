/** @import { TestContext } from "node:test" */
/** @import { AddressInfo } from "node:net" */
import { once } from "node:events";
import { Client } from "../src/backend/client.js";
import { Orders } from "../src/backend/orders.js";
import { createShopServer } from "../src/http/server.js";
import { createShop } from "../src/shop.js";
import { FakeMedusa, PUBLISHABLE_KEY } from "./fake-medusa.js";
import { Visitor } from "./visitor.js";

/**
 * Start a shop on a fake Medusa, for one test.
 *
 * @param {TestContext} t
 * @param {{ shopName?: string, shopUrl?: string, isCopy?: boolean, timeoutMilliseconds?: number }} [options]  With
 *   another `shopUrl` the shop believes to be there.
 */
export async function serve(
  t,
  { shopName = "Harbour & Hill", shopUrl, isCopy = false, timeoutMilliseconds } = {},
) {
  const medusa = new FakeMedusa();
  const backendUrl = await medusa.start();
  /** @type {{ event: string, [field: string]: unknown }[]} */
  const logged = [];
  const config = {
    port: 0,
    host: "127.0.0.1",
    backendUrl,
    publishableKey: PUBLISHABLE_KEY,
    shopName,
    shopOrigin: shopUrl ?? "",
    isCopy,
  };
  const client = new Client({ url: backendUrl, publishableKey: PUBLISHABLE_KEY, timeoutMilliseconds });
  const shop = createShop(config, (event, fields) => void logged.push({ event, ...fields }), client);
  shop.orders = new Orders(client, { pauseMilliseconds: 1 });
  const server = createShopServer(shop).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${/** @type {AddressInfo} */ (server.address()).port}`;
  config.shopOrigin ||= url;
  t.after(() => {
    server.close();
    server.closeAllConnections();
    medusa.stop();
  });
  return { medusa, logged, shop, url, visitor: () => new Visitor(url, config.shopOrigin) };
}
