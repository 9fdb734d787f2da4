/** @import { IncomingMessage, Server, ServerResponse } from "node:http" */
/** @import { Log } from "../log.js" */
/** @import { Shop } from "../shop.js" */
import { createServer } from "node:http";
import { BackendAway } from "../backend/errors.js";
import { failure } from "../handlers/failure.js";
import { ROUTES } from "../routes.js";
import { dispatch } from "./dispatch.js";
import { Refusal } from "./refusal.js";
import { findRoute } from "./router.js";
import { SECURITY_HEADERS } from "./security-headers.js";
import { send } from "./sending.js";
import { ShopperCookies } from "./shopper.js";

const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  // Longer than an ingress keeps an idle connection (60 s with nginx), which could otherwise send a
  // request into one that is just being closed.
  keepAliveTimeout: 75_000,
  maxHeaderSize: 16_384,
};

/**
 * Make the server of a shop; the caller has it listen.
 *
 * @param {Shop} shop
 * @returns {Server}
 */
export function createShopServer(shop) {
  const { log } = shop;
  const cookies = new ShopperCookies(shop.config.shopOrigin);

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async function answer(request, response) {
    const start = performance.now();
    const { method = "GET" } = request;
    const url = readUrl(request);
    const found = findRoute(ROUTES, method, url.pathname);
    const route = found.route?.path ?? "none";
    const shopper = cookies.read(request.headers.cookie);
    const reply = await dispatch(shop, request, { found, url, shopper }).catch((error) => {
      logFailure(log, route, error);
      const isWorthRetrying = found.route?.method === "GET";
      return failure(shop, { error, shopper, retryPath: isWorthRetrying ? url.pathname + url.search : "/cart" });
    });
    const setCookies = reply.shopper ? cookies.write(shopper, reply.shopper) : [];
    await send(request, response, reply, {
      ...SECURITY_HEADERS,
      // Search engines show neither pages nor pictures of a copy, nor follow its links.
      ...(shop.config.isCopy && { "x-robots-tag": "noindex, nofollow" }),
      ...(setCookies.length > 0 && { "set-cookie": setCookies }),
      // What is left of a body that was not read would be taken for the next request; and a server
      // that is stopping waits for its connections.
      ...((!request.complete || !server.listening) && { connection: "close" }),
    });
    if (!found.route?.isProbe) {
      const milliseconds = Math.round(performance.now() - start);
      log("request", { method, route, status: reply.status, milliseconds });
    }
  }

  const server = createServer(LIMITS, (request, response) => {
    answer(request, response).catch((error) => {
      // Nothing is known to get here, but one request must not end the others.
      log("answer_failed", { error: String(error) });
      response.destroy();
    });
  });
  return server;
}

/**
 * @param {Log} log
 * @param {string} route
 * @param {unknown} error
 */
function logFailure(log, route, error) {
  if (error instanceof BackendAway) {
    log("backend_away", { route, error: error.message });
  } else if (!(error instanceof Refusal)) {
    log("request_failed", { route, error: error instanceof Error ? error.stack : String(error) });
  }
}

/** @param {IncomingMessage} request */
function readUrl({ url = "/" }) {
  // Only the path and the query are used, never the host.
  const path = url.startsWith("/") ? url : "/";
  return new URL(`http://shop${path}`);
}
