import { BackendAway, BackendRefused, BackendUnreachable } from "./errors.js";

// On a busy machine a shopper waits rather than being sent away with what was typed.
const TIMEOUT_MILLISECONDS = 10_000;

/**
 * Medusa's store API over HTTP. Connections are kept alive by `fetch` itself.
 */
export class Client {
  #url;
  #key;
  #timeout;
  #fetch;

  /**
   * @param {object} options
   * @param {string} options.url  Without a final slash.
   * @param {string} options.publishableKey
   * @param {number} [options.timeoutMilliseconds]  For each call that does not say its own.
   * @param {typeof globalThis.fetch} [options.fetch]
   */
  constructor({ url, publishableKey, timeoutMilliseconds = TIMEOUT_MILLISECONDS, fetch = globalThis.fetch }) {
    this.#url = url;
    this.#key = publishableKey;
    this.#timeout = timeoutMilliseconds;
    this.#fetch = fetch;
  }

  /**
   * Read something, once more if the connection broke: a server that has just been replaced closes
   * those that were kept alive.
   *
   * @param {string} path
   * @param {Record<string, string>} [query]
   * @returns {Promise<any>}
   */
  async get(path, query = {}) {
    const target = `${path}?${new URLSearchParams(query)}`;
    try {
      return await this.#call("GET", target);
    } catch (error) {
      if (error instanceof BackendUnreachable) {
        return this.#call("GET", target);
      }
      throw error;
    }
  }

  /**
   * @param {string} path
   * @param {object} [body]
   * @param {{ timeoutMilliseconds?: number }} [options]
   * @returns {Promise<any>}
   */
  post(path, body = {}, { timeoutMilliseconds } = {}) {
    return this.#call("POST", path, body, timeoutMilliseconds);
  }

  /**
   * @param {string} path
   * @returns {Promise<any>}
   */
  delete(path) {
    return this.#call("DELETE", path);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @param {number} [timeoutMilliseconds]
   */
  async #call(method, path, body, timeoutMilliseconds = this.#timeout) {
    const { status, text } = await this.#exchange(path, {
      method,
      headers: {
        "x-publishable-api-key": this.#key,
        ...(body && { "content-type": "application/json" }),
      },
      body: body && JSON.stringify(body),
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    const answer = parse(text);
    const place = `${method} ${path.split("?")[0]}`;
    if (status >= 200 && status < 300 && answer) {
      return answer;
    }
    const message = `${place}: ${status} ${answer?.message ?? ""}`.trim();
    if (!answer || status >= 500 || isNotOurs(status, message)) {
      throw new BackendAway(message);
    }
    throw new BackendRefused({ status, message, code: answer.code });
  }

  /**
   * @param {string} path
   * @param {RequestInit} request
   */
  async #exchange(path, request) {
    try {
      const response = await this.#fetch(this.#url + path, request);
      return { status: response.status, text: await response.text() };
    } catch (error) {
      const place = `${request.method} ${path.split("?")[0]}`;
      if (error instanceof DOMException && error.name === "TimeoutError") {
        throw new BackendAway(`${place}: no answer in time`, { cause: error });
      }
      const { cause } = /** @type {Error & { cause?: Error & { code?: string } }} */ (error);
      const reason = cause?.code ?? cause?.message ?? error;
      throw new BackendUnreachable(`${place}: not reached (${reason})`, { cause: error });
    }
  }
}

/**
 * Whether a refusal is the operator's to mend rather than the shopper's: a wrong key, too many calls.
 *
 * @param {number} status
 * @param {string} message
 */
function isNotOurs(status, message) {
  return [401, 403, 429].includes(status) || /publishable (api )?key/i.test(message);
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
