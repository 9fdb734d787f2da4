/** @import { Product, Variant } from "../backend/types.js" */
import { formatMoney } from "../money.js";

/** @param {Variant} variant */
export function canBeBought(variant) {
  const { manage_inventory, allow_backorder, inventory_quantity = 1 } = variant;
  const isInStock = !manage_inventory || allow_backorder || inventory_quantity > 0;
  return isInStock && priceOf(variant) !== undefined;
}

/** @param {Variant} variant */
export function priceOf({ calculated_price: price }) {
  // Without a price in the region's currency Medusa sends none, or one without an amount.
  return typeof price?.calculated_amount === "number"
    ? formatMoney(price.calculated_amount, price.currency_code)
    : undefined;
}

/**
 * Return the price of a product, or the lowest of its variants as "From …".
 *
 * @param {Product} product
 */
export function priceRange({ variants }) {
  const priced = variants.filter((variant) => priceOf(variant) !== undefined);
  const [cheapest] = priced.toSorted((one, other) => amount(one) - amount(other));
  if (!cheapest) {
    return "No price yet";
  }
  const isOne = priced.every((variant) => amount(variant) === amount(cheapest));
  return `${isOne ? "" : "From "}${priceOf(cheapest)}`;
}

/** @param {Variant} variant */
function amount({ calculated_price }) {
  return calculated_price?.calculated_amount ?? 0;
}
