/**
 * A shop on a fake Medusa, for a browser: prints its address, and serves until it is stopped. With SHOP_IS_COPY=true
 * in its environment it is a copy.
 */
import { once } from "node:events";
import { createShopServer } from "../src/http/server.js";
import { createLog } from "../src/log.js";
import { createShop } from "../src/shop.js";
import { FakeMedusa, PUBLISHABLE_KEY } from "./fake-medusa.js";

const config = {
  port: 0,
  host: "127.0.0.1",
  backendUrl: await new FakeMedusa().start(),
  publishableKey: PUBLISHABLE_KEY,
  shopName: "Harbour & Hill",
  shopOrigin: "",
  isCopy: process.env.SHOP_IS_COPY === "true",
};
const server = createShopServer(createShop(config, createLog(process.stderr))).listen(0, config.host);
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
config.shopOrigin = `http://127.0.0.1:${port}`;
process.stdout.write(`${config.shopOrigin}\n`);
