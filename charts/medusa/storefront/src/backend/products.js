/**
 * @typedef {object} Variant
 * @property {string} id
 * @property {string} title
 * @property {{ amount: number, currencyCode: string } | undefined} price  None if the merchant gave none
 *   in the region's currency.
 * @property {boolean} canBeBought
 *
 * @typedef {object} Product
 * @property {string} handle
 * @property {string} title
 * @property {string} description
 * @property {string[]} pictures  The first is the one for lists.
 * @property {string[]} options  What variants differ in, such as "Size".
 * @property {Variant[]} variants
 */

export const LIST_FIELDS = [
  "title",
  "handle",
  "thumbnail",
  "*variants",
  "*variants.calculated_price",
  "variants.inventory_quantity",
].join(",");

export const PRODUCT_FIELDS = `${LIST_FIELDS},description,*images,*options`;

/**
 * Keep of Medusa's product what pages show. The rest would take many times the memory.
 *
 * @param {any} product
 * @returns {Product}
 */
export function readProduct({ handle, title, description, thumbnail, images, options, variants }) {
  /** @type {(string | null)[]} */
  const urls = [thumbnail, ...(images ?? []).map((/** @type {{ url: string }} */ { url }) => url)];
  return {
    handle,
    title,
    description: description ?? "",
    pictures: [...new Set(urls)].filter((url) => url !== null),
    options: (options ?? []).map((/** @type {{ title: string }} */ option) => option.title),
    variants: (variants ?? []).map(readVariant),
  };
}

/**
 * @param {any} variant
 * @returns {Variant}
 */
function readVariant({ id, title, calculated_price, ...stock }) {
  // Without a price Medusa sends none, or one without an amount.
  const amount = calculated_price?.calculated_amount;
  const price =
    typeof amount === "number" ? { amount, currencyCode: calculated_price.currency_code } : undefined;
  return { id, title, price, canBeBought: price !== undefined && isInStock(stock) };
}

/** @param {{ manage_inventory?: boolean, allow_backorder?: boolean, inventory_quantity?: number }} stock */
function isInStock({ manage_inventory, allow_backorder, inventory_quantity = 1 }) {
  return !manage_inventory || allow_backorder === true || inventory_quantity > 0;
}
