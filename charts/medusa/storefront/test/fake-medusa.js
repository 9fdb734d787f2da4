/** @import { IncomingMessage, Server, ServerResponse } from "node:http" */
import { once } from "node:events";
import { createServer } from "node:http";
import { createProducts, createRegion } from "./fake-catalogue.js";
import { FakeCheckout, Refused } from "./fake-checkout.js";

export const PUBLISHABLE_KEY = "pk_0123456789abcdef";

/**
 * @typedef {object} Call
 * @property {string} line  Such as "GET /store/regions".
 * @property {URLSearchParams} query
 * @property {Record<string, any>} body
 */

/** @typedef {(response: ServerResponse) => void} Effect */

/**
 * Medusa's store API, as far as the shop front uses it, in memory. Remembers the calls, and does what a
 * test scripts in place of the next answers.
 */
export class FakeMedusa {
  products = createProducts();
  regions = [createRegion()];
  checkout = new FakeCheckout(this.products, this.regions);
  /** @type {Call[]} */
  calls = [];
  /** @type {{ line: RegExp, effect: Effect, times: number }[]} */
  #script = [];
  /** @type {Server} */
  #server = createServer((request, response) => void this.#answer(request, response));

  async start() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    return `http://127.0.0.1:${port}`;
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /**
   * Do something else in place of the next answers to a call.
   *
   * @param {RegExp} line
   * @param {Effect} effect
   * @param {number} [times]
   */
  script(line, effect, times = Infinity) {
    this.#script.push({ line, effect, times });
  }

  /** Answer as Medusa does again. */
  recover() {
    this.#script = [];
  }

  /** @param {RegExp} line */
  countCalls(line) {
    return this.calls.filter((call) => line.test(call.line)).length;
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async #answer(request, response) {
    const url = new URL(request.url ?? "/", "http://medusa");
    const chunks = await request.toArray();
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {};
    const call = { line: `${request.method} ${url.pathname}`, query: url.searchParams, body };
    this.calls.push(call);
    const scripted = this.#script.find(({ line, times }) => times > 0 && line.test(call.line));
    if (scripted) {
      scripted.times -= 1;
      scripted.effect(response);
    } else if (request.headers["x-publishable-api-key"] !== PUBLISHABLE_KEY) {
      const message = "A valid publishable key is required to proceed with the request";
      refuse(400, { type: "not_allowed", message })(response);
    } else {
      this.#serve(call, response);
    }
  }

  /**
   * @param {Call} call
   * @param {ServerResponse} response
   */
  #serve(call, response) {
    try {
      send(response, 200, this.#catalogue(call) ?? this.checkout.answer(call));
    } catch (error) {
      if (!(error instanceof Refused)) {
        throw error;
      }
      send(response, error.status, { type: error.type, message: error.message, code: error.code });
    }
  }

  /** @param {Call} call */
  #catalogue({ line, query }) {
    if (line === "GET /store/regions") {
      return { regions: this.regions, count: this.regions.length, offset: 0, limit: 50 };
    }
    if (line === "GET /store/products") {
      const handle = query.get("handle");
      const found = this.products.filter((product) => handle === null || product.handle === handle);
      const offset = Number(query.get("offset") ?? 0);
      const limit = Number(query.get("limit") ?? 50);
      const hasAll = query.get("fields")?.includes("description");
      const products = found.slice(offset, offset + limit).map((each) => (hasAll ? each : forLists(each)));
      return { products, count: found.length, offset, limit };
    }
    return undefined;
  }
}

/** @param {ReturnType<typeof createProducts>[number]} product */
function forLists({ id, title, handle, thumbnail, variants }) {
  return { id, title, handle, thumbnail, variants };
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {unknown} body
 */
function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/**
 * Refuse a call, as Medusa would.
 *
 * @param {number} status
 * @param {{ type?: string, message: string, code?: string }} error
 * @returns {Effect}
 */
export function refuse(status, error) {
  return (response) => send(response, status, error);
}

/** Break the connection. @type {Effect} */
export const cut = (response) => void response.socket?.destroy();

/** Never answer. @type {Effect} */
export const hang = () => {};

export const SOLD_OUT = {
  type: "not_allowed",
  message: "Some variant does not have the required inventory",
  code: "insufficient_inventory",
};
