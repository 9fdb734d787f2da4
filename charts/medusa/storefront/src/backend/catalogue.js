/** @import { Client } from "./client.js" */
/** @import { Product } from "./products.js" */
/** @import { Region } from "./types.js" */
import { Cache } from "./cache.js";
import { BackendAway } from "./errors.js";
import { LIST_FIELDS, PRODUCT_FIELDS, readProduct } from "./products.js";

const PAGE_SIZE = 24;

/**
 * @typedef {object} ProductPage
 * @property {Product[]} products
 * @property {number} count  Of all pages.
 * @property {number} pages
 */

/** What the shop sells, and where to. */
export class Catalogue {
  #client;
  /** @type {Cache<any>} */
  #cache;

  /**
   * @param {Client} client
   * @param {Cache<any>} [cache]
   */
  constructor(client, cache = new Cache()) {
    this.#client = client;
    this.#cache = cache;
  }

  /**
   * Return the region that is sold to: the first that was made, if a merchant has several.
   *
   * @returns {Promise<Region>}
   */
  region() {
    return this.#cache.get("region", async () => {
      const { regions } = await this.#client.get("/store/regions", { order: "created_at" });
      const region = regions.find((/** @type {Region} */ { countries }) => countries.length > 0);
      if (!region) {
        throw new BackendAway("The shop has no region with a country, so nothing can be sold.");
      }
      return region;
    });
  }

  /**
   * Return one page of products, the newest first.
   *
   * @param {number} page  From 1.
   * @returns {Promise<ProductPage>}
   */
  async products(page) {
    const { id } = await this.region();
    return this.#cache.get(`products ${id} ${page}`, async () => {
      const { products, count } = await this.#client.get("/store/products", {
        region_id: id,
        fields: LIST_FIELDS,
        order: "-created_at",
        limit: String(PAGE_SIZE),
        offset: String((page - 1) * PAGE_SIZE),
      });
      const pages = Math.max(1, Math.ceil(count / PAGE_SIZE));
      return { products: products.map(readProduct), count, pages };
    });
  }

  /**
   * @param {string} handle
   * @returns {Promise<Product | undefined>}
   */
  async product(handle) {
    const { id } = await this.region();
    return this.#cache.get(`product ${id} ${handle}`, async () => {
      const query = { region_id: id, handle, fields: PRODUCT_FIELDS, limit: "1" };
      const { products } = await this.#client.get("/store/products", query);
      return products[0] && readProduct(products[0]);
    });
  }
}
