/** @import { IncomingMessage } from "node:http" */
import { Refusal } from "./refusal.js";

const LIMIT_BYTES = 16_384;

/**
 * Read a form from a request's body.
 *
 * @param {IncomingMessage} request
 * @returns {Promise<URLSearchParams>}
 * @throws {Refusal} If it is something else, too large, or ends too early.
 */
export async function readForm(request) {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") {
    throw new Refusal(415, "Not a form", "Send this as a form, as the shop's own pages do.");
  }
  return new URLSearchParams(await readText(request));
}

/** @param {IncomingMessage} request */
async function readText(request) {
  /** @type {Buffer[]} */
  const chunks = [];
  let size = 0;
  try {
    // The stream is left open when this ends early: closed, it would take the answer with it.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += chunk.length;
      if (size > LIMIT_BYTES) {
        throw new Refusal(413, "Too much text", "Go back and shorten what you have typed.");
      }
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Refusal) {
      throw error;
    }
    throw new Refusal(400, "The form was cut off", "Go back and send it again.");
  }
  return Buffer.concat(chunks).toString("utf8");
}
