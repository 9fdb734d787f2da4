import { parseCookies, writeCookie } from "./cookies.js";

/**
 * What a browser remembers of its visit, in two cookies. An id is as good as a password: Medusa makes
 * it of 80 random bits, so nobody guesses one, and the pages show it to its own browser alone.
 *
 * @typedef {object} Shopper
 * @property {{ id: string, count: number } | null} cart  With the number of pieces in it, so that every
 *   page can tell it without a call.
 * @property {string[]} orders  The ids of the latest orders, the newest first.
 */

const MOST_ORDERS = 5;
const DAY_SECONDS = 86_400;

export class ShopperCookies {
  #isSecure;
  #names;

  /** @param {string} shopOrigin */
  constructor(shopOrigin) {
    this.#isSecure = shopOrigin.startsWith("https:");
    // With this prefix a browser takes the cookie from this very host only. The shops of other
    // merchants are neighbours under one domain, and could set one for all of it.
    const prefix = this.#isSecure ? "__Host-" : "";
    this.#names = { cart: `${prefix}cart`, orders: `${prefix}orders` };
  }

  /**
   * @param {string} [header]
   * @returns {Shopper}
   */
  read(header) {
    const cookies = parseCookies(header);
    const cart = /^(\w{1,64})\.(\d{1,6})$/.exec(cookies.get(this.#names.cart) ?? "");
    const orders = (cookies.get(this.#names.orders) ?? "").split(".");
    return {
      cart: cart?.[1] ? { id: cart[1], count: Number(cart[2]) } : null,
      orders: orders.filter((id) => /^\w{1,64}$/.test(id)).slice(0, MOST_ORDERS),
    };
  }

  /**
   * Return what `Set-Cookie` has to say for a browser to remember something else than before.
   *
   * @param {Shopper} before
   * @param {Shopper} after
   * @returns {string[]}
   */
  write(before, after) {
    const was = this.#values(before);
    const is = this.#values(after);
    const written = [];
    if (is.cart !== was.cart) {
      written.push(this.#cookie(this.#names.cart, is.cart, 30 * DAY_SECONDS));
    }
    if (is.orders !== was.orders) {
      written.push(this.#cookie(this.#names.orders, is.orders, 7 * DAY_SECONDS));
    }
    return written;
  }

  /** @param {Shopper} shopper */
  #values({ cart, orders }) {
    return { cart: cart ? `${cart.id}.${cart.count}` : "", orders: orders.join(".") };
  }

  /**
   * @param {string} name
   * @param {string} value
   * @param {number} maxAgeSeconds
   */
  #cookie(name, value, maxAgeSeconds) {
    return writeCookie(name, value, { isSecure: this.#isSecure, maxAgeSeconds });
  }
}

/**
 * @param {Shopper} shopper
 * @param {{ id: string, items: { quantity: number }[] }} cart
 * @returns {Shopper}
 */
export function withCart(shopper, { id, items }) {
  const count = items.reduce((sum, { quantity }) => sum + quantity, 0);
  return { ...shopper, cart: { id, count } };
}

/**
 * @param {Shopper} shopper
 * @returns {Shopper}
 */
export function withoutCart(shopper) {
  return { ...shopper, cart: null };
}

/**
 * Remember an order in place of the cart that it was.
 *
 * @param {Shopper} shopper
 * @param {string} orderId
 * @returns {Shopper}
 */
export function withOrder({ orders }, orderId) {
  const others = orders.filter((id) => id !== orderId);
  return { cart: null, orders: [orderId, ...others].slice(0, MOST_ORDERS) };
}
