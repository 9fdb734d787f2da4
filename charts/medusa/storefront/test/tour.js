import { Carts } from "../src/backend/carts.js";
import { Catalogue } from "../src/backend/catalogue.js";
import { Client } from "../src/backend/client.js";
import { BackendRefused } from "../src/backend/errors.js";
import { Orders } from "../src/backend/orders.js";

/** @typedef {{ status: number, body: any }} Answer */

/**
 * Make every call that the shop front makes, and a few that are refused. Buys one piece of the newest
 * product there.
 *
 * @param {string} url  Of a Medusa.
 * @param {string} publishableKey
 * @returns {Promise<Map<string, Answer>>} What each call was answered, the last one where it takes several.
 */
export async function tour(url, publishableKey) {
  const { answers, client, step } = listen(url, publishableKey);
  const catalogue = new Catalogue(client);
  const carts = new Carts(client);
  const orders = new Orders(client);

  const region = await step("regions", () => catalogue.region());
  const { products } = await step("products", () => catalogue.products(1));
  const product = await step("product", () => catalogue.product(products[0]?.handle ?? ""));
  const variant = product?.variants[0]?.id ?? "";
  const { id } = await step("cart-created", () => carts.create(region.id));
  await step("item-added", () => carts.addItem(id, variant, 1));
  await step("sold-out", () => refused(carts.addItem(id, variant, 1_000_000)));
  await step("variant-gone", () => refused(carts.addItem(id, "variant_gone", 1)));
  await step("item-gone", () => refused(carts.setQuantity(id, "cali_gone", 1)));
  await step("cart-gone", () => carts.get("cart_gone"));
  await step("details-saved", () => carts.setDetails(id, detailsIn(region.countries[0]?.iso_2 ?? "")));
  const [option] = await step("shipping-options", () => carts.shippingOptions(id));
  await step("shipping-chosen", () => carts.chooseShipping(id, option?.id ?? ""));
  const cart = /** @type {import("../src/backend/types.js").Cart} */ (await step("cart", () => carts.get(id)));
  const order = await step("completed", () => orders.place(cart));
  await step("completed-again", () => orders.find(id));
  await step("cart-completed", () => carts.get(id));
  await step("item-added-to-completed", () => refused(carts.addItem(id, variant, 1)));
  await step("order", () => orders.get(order));
  return answers;
}

/**
 * @param {string} url
 * @param {string} publishableKey
 */
function listen(url, publishableKey) {
  /** @type {Map<string, Answer>} */
  const answers = new Map();
  let name = "";
  const client = new Client({
    url,
    publishableKey,
    timeoutMilliseconds: 30_000,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      answers.set(name, { status: response.status, body: await response.clone().json() });
      return response;
    },
  });
  /**
   * @template T
   * @param {string} next
   * @param {() => Promise<T>} call
   */
  const step = (next, call) => {
    name = next;
    return call();
  };
  return { answers, client, step };
}

/** @param {Promise<unknown>} call */
async function refused(call) {
  try {
    await call;
  } catch (error) {
    if (error instanceof BackendRefused) {
      return;
    }
    throw error;
  }
  throw new Error("This was to be refused.");
}

/** @param {string} country_code */
function detailsIn(country_code) {
  return {
    email: "ada@example.com",
    shipping_address: {
      first_name: "Ada",
      last_name: "Lovelace",
      address_1: "Hafenstraße 7",
      address_2: "",
      postal_code: "20359",
      city: "Hamburg",
      province: "",
      country_code,
    },
  };
}
