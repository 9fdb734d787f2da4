/** @import { IncomingMessage, ServerResponse } from "node:http" */
/** @import { Reply } from "./replies.js" */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const compress = promisify(gzip);
const WORTH_COMPRESSING = 1_024;

/**
 * Send a reply: compressed where the browser takes that, and without the body where it has it.
 *
 * Nothing secret is in a page beside what the visitor has typed, so compression gives nothing away.
 *
 * @param {IncomingMessage} request
 * @param {ServerResponse} response
 * @param {Reply} reply
 * @param {Record<string, string | string[]>} headers  Beside the reply's own.
 */
export async function send(request, response, reply, headers) {
  const tag = reply.headers["cache-control"] === "private, no-cache" ? tagOf(reply.body) : undefined;
  const all = { ...headers, ...reply.headers, ...(tag && { etag: tag }) };
  if (tag && request.headers["if-none-match"] === tag) {
    response.writeHead(304, all).end();
    return;
  }
  const isCompressed =
    reply.body.length >= WORTH_COMPRESSING && takesGzip(request.headers["accept-encoding"]);
  const body = isCompressed ? await compress(reply.body) : Buffer.from(reply.body);
  response.writeHead(reply.status, {
    ...all,
    "content-length": body.length,
    ...(isCompressed && { "content-encoding": "gzip" }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** @param {string} body */
function tagOf(body) {
  // Weak: the same page compressed and plain has the same tag.
  return `W/"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
}

/** @param {string | string[] | undefined} header */
function takesGzip(header) {
  return /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(String(header));
}
