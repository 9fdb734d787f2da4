/** @import { Product, Variant } from "../backend/products.js" */
import { formatMoney } from "../money.js";

/** @param {Variant} variant */
export function writePrice({ price }) {
  return price ? formatMoney(price.amount, price.currencyCode) : "No price yet";
}

/**
 * Write the price of a product, or the lowest of its variants as "From …".
 *
 * @param {Product} product
 */
export function writePriceRange({ variants }) {
  const priced = variants.filter(({ price }) => price);
  const [cheapest, ...others] = priced.toSorted((one, other) => amount(one) - amount(other));
  if (!cheapest) {
    return "No price yet";
  }
  const isOne = others.every((variant) => amount(variant) === amount(cheapest));
  return `${isOne ? "" : "From "}${writePrice(cheapest)}`;
}

/** @param {Variant} variant */
function amount({ price }) {
  return price?.amount ?? 0;
}
