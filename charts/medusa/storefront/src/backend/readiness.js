/** @import { Client } from "./client.js" */
/** @import { Log } from "../log.js" */
import { Cache } from "./cache.js";

/**
 * Tells whether Medusa answers this shop: with its key, from its database. Medusa is asked at most once
 * a second, as everybody can ask the path of it.
 */
export class Readiness {
  #client;
  #log;
  /** @type {Cache<boolean>} */
  #cache;

  /**
   * @param {Client} client
   * @param {Log} log
   * @param {Cache<boolean>} [cache]
   */
  constructor(client, log, cache = new Cache({ freshMilliseconds: 1_000 })) {
    this.#client = client;
    this.#log = log;
    this.#cache = cache;
  }

  /** @returns {Promise<boolean>} */
  check() {
    return this.#cache.get("ready", async () => {
      try {
        await this.#client.get("/store/regions", { limit: "1", fields: "id" });
        return true;
      } catch (error) {
        this.#log("not_ready", { error: String(error) });
        return false;
      }
    });
  }
}
