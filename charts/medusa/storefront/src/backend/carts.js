/** @import { Cart, ShippingOption } from "./types.js" */
/** @import { Client } from "./client.js" */
import { BackendRefused } from "./errors.js";

// Beside what Medusa sends of itself.
const FIELDS = "+completed_at,*items,*shipping_methods,*region.countries";
const QUERY = new URLSearchParams({ fields: FIELDS });

/**
 * @typedef {object} Details
 * @property {string} email
 * @property {import("./types.js").Address} shipping_address
 */

/** Carts, up to the order. */
export class Carts {
  #client;

  /** @param {Client} client */
  constructor(client) {
    this.#client = client;
  }

  /**
   * @param {string} regionId
   * @returns {Promise<Cart>}
   */
  async create(regionId) {
    return (await this.#client.post(`/store/carts?${QUERY}`, { region_id: regionId })).cart;
  }

  /**
   * Return a cart, also one that has become an order.
   *
   * @param {string} id
   * @returns {Promise<Cart | undefined>}
   */
  async get(id) {
    try {
      return (await this.#client.get(place(id), { fields: FIELDS })).cart;
    } catch (error) {
      if (error instanceof BackendRefused && error.isUnknown) {
        return undefined;
      }
      throw error;
    }
  }

  /**
   * @param {string} id
   * @param {string} variantId
   * @param {number} quantity
   * @returns {Promise<Cart>}
   */
  addItem(id, variantId, quantity) {
    return this.#change(`${place(id)}/line-items`, { variant_id: variantId, quantity });
  }

  /**
   * @param {string} id
   * @param {string} itemId
   * @param {number} quantity
   * @returns {Promise<Cart>}
   */
  setQuantity(id, itemId, quantity) {
    return this.#change(`${place(id)}/line-items/${encodeURIComponent(itemId)}`, { quantity });
  }

  /**
   * @param {string} id
   * @param {string} itemId
   * @returns {Promise<Cart>}
   */
  async removeItem(id, itemId) {
    const item = `${place(id)}/line-items/${encodeURIComponent(itemId)}`;
    return (await this.#client.delete(`${item}?${QUERY}`)).parent;
  }

  /**
   * Set who buys, and where to. Medusa makes a guest's customer record in passing. Two carts of one
   * e-mail address can meet there, and one of them is told that the record exists already
   * (medusajs/medusa#12078): the second try finds it.
   *
   * @param {string} id
   * @param {Details} details
   * @returns {Promise<Cart>}
   */
  async setDetails(id, details) {
    try {
      return await this.#change(place(id), details);
    } catch (error) {
      if (error instanceof BackendRefused && /already exists/.test(error.message)) {
        return this.#change(place(id), details);
      }
      throw error;
    }
  }

  /**
   * Return the ways to deliver to the cart's address. Those without a fixed price are left out:
   * no carrier that works out prices is part of this engine.
   *
   * @param {string} id
   * @returns {Promise<ShippingOption[]>}
   */
  async shippingOptions(id) {
    const { shipping_options } = await this.#client.get("/store/shipping-options", { cart_id: id });
    return shipping_options.filter(
      (/** @type {ShippingOption} */ { amount }) => typeof amount === "number",
    );
  }

  /**
   * @param {string} id
   * @param {string} optionId
   * @returns {Promise<Cart>}
   */
  chooseShipping(id, optionId) {
    return this.#change(`${place(id)}/shipping-methods`, { option_id: optionId });
  }

  /**
   * @param {string} path
   * @param {object} body
   */
  async #change(path, body) {
    return (await this.#client.post(`${path}?${QUERY}`, body)).cart;
  }
}

/** @param {string} id */
function place(id) {
  return `/store/carts/${encodeURIComponent(id)}`;
}
