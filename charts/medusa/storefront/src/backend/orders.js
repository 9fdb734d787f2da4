/** @import { Cart, Order } from "./types.js" */
/** @import { Client } from "./client.js" */
import { setTimeout as sleep } from "node:timers/promises";
import { BackendAway, BackendRefused } from "./errors.js";

const MANUAL_PAYMENT = "pp_system_default";
// Medusa reserves stock, authorizes and writes the order in this one call.
const TIMEOUT_MILLISECONDS = 30_000;
const TRIES = 10;

/** Orders, and how a cart becomes one. */
export class Orders {
  #client;
  #pause;
  /** @type {Map<string, Promise<string>>} */
  #running = new Map();

  /**
   * @param {Client} client
   * @param {{ pauseMilliseconds?: number }} [options]  Between tries, while another request is placing the order.
   */
  constructor(client, { pauseMilliseconds = 1_000 } = {}) {
    this.#client = client;
    this.#pause = pauseMilliseconds;
  }

  /**
   * Choose manual payment, and order what is in a cart.
   *
   * @param {Cart} cart
   * @returns {Promise<string>} The order's id. Of a cart that was ordered before it is the same again.
   */
  place(cart) {
    return this.#once(cart.id, async () => {
      if (!hasPayment(cart)) {
        await this.#choosePayment(cart.id);
      }
      return this.#complete(cart.id);
    });
  }

  /**
   * Return the id of the order that a cart has become, after its answer was lost.
   *
   * @param {string} cartId
   * @returns {Promise<string>}
   */
  find(cartId) {
    return this.#once(cartId, () => this.#complete(cartId));
  }

  /**
   * @param {string} id
   * @returns {Promise<Order>}
   */
  async get(id) {
    return (await this.#client.get(`/store/orders/${encodeURIComponent(id)}`)).order;
  }

  /**
   * Let a double click wait for the order of the first.
   *
   * @param {string} cartId
   * @param {() => Promise<string>} work
   */
  #once(cartId, work) {
    let order = this.#running.get(cartId);
    if (!order) {
      order = work().finally(() => this.#running.delete(cartId));
      this.#running.set(cartId, order);
    }
    return order;
  }

  /** @param {string} cartId */
  async #choosePayment(cartId) {
    const { payment_collection: collection } = await this.#client.post(
      "/store/payment-collections",
      { cart_id: cartId },
    );
    const sessions = `/store/payment-collections/${encodeURIComponent(collection.id)}/payment-sessions`;
    await this.#client.post(sessions, { provider_id: MANUAL_PAYMENT });
  }

  /**
   * Medusa answers with the same order however often a cart is completed, and with a conflict while
   * somebody else, such as another replica of this server, is completing it.
   *
   * @param {string} cartId
   * @returns {Promise<string>}
   */
  async #complete(cartId) {
    const path = `/store/carts/${encodeURIComponent(cartId)}/complete`;
    for (let tries = 1; tries <= TRIES; tries++) {
      try {
        const answer = await this.#client.post(path, {}, { timeoutMilliseconds: TIMEOUT_MILLISECONDS });
        return orderId(answer);
      } catch (error) {
        if (!(error instanceof BackendRefused && error.isConflict)) {
          throw error;
        }
        await sleep(this.#pause);
      }
    }
    throw new BackendAway("Another request has been placing this order for too long.");
  }
}

/**
 * Whether manual payment was chosen by an earlier try. To choose again would replace a payment that
 * Medusa may be working with. It drops the payment itself when the cart changes.
 *
 * @param {Cart} cart
 */
function hasPayment(cart) {
  return cart.payment_collection?.payment_sessions?.some(
    ({ provider_id, status }) =>
      provider_id === MANUAL_PAYMENT && (status === "pending" || status === "authorized"),
  );
}

/** @param {{ type: string, order: Order, error?: { message: string } }} answer */
function orderId(answer) {
  if (answer.type === "order") {
    return answer.order.id;
  }
  // The payment was refused; Medusa says so with a status of 200, and sends the cart.
  throw new BackendRefused({ status: 402, message: answer.error?.message ?? "The payment was refused." });
}
