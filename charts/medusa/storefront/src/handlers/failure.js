/** @import { Shop } from "../shop.js" */
/** @import { Reply } from "../http/replies.js" */
/** @import { Shopper } from "../http/shopper.js" */
import { BackendAway } from "../backend/errors.js";
import { Refusal } from "../http/refusal.js";
import { page } from "../http/replies.js";
import { failurePage } from "../pages/failure.js";

const RETRY_AFTER_SECONDS = 10;

/**
 * Answer a request that could not be done: what is wrong, and what to do, in a sentence each.
 *
 * @param {Shop} shop
 * @param {object} what
 * @param {unknown} what.error
 * @param {Shopper} what.shopper
 * @param {string} what.retryPath  Where a link leads to that tries again.
 * @returns {Reply}
 */
export function failure(shop, { error, shopper, retryPath }) {
  if (error instanceof Refusal) {
    const { title, message, status, headers } = error;
    const reply = page(failurePage(shop, shopper, { title, sentence: message }), { status });
    return { ...reply, headers: { ...reply.headers, ...headers } };
  }
  if (error instanceof BackendAway) {
    const title = "Back in a moment";
    const sentence = "The shop cannot be reached just now. Your cart is kept. Please try again in a few seconds.";
    return page(failurePage(shop, shopper, { title, sentence, retryPath }), {
      status: 503,
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }
  const title = "Something went wrong";
  const sentence = "That is our fault and not yours. Your cart is kept. Please try again.";
  return page(failurePage(shop, shopper, { title, sentence, retryPath }), { status: 500 });
}
