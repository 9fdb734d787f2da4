/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/**
 * Write an amount as people read it, such as "€10.00".
 *
 * @param {number} amount  In whole units of the currency: Medusa 2 counts in euros, not in cents.
 * @param {string} currencyCode  ISO 4217, in any case.
 */
export function formatMoney(amount, currencyCode) {
  let format = formats.get(currencyCode);
  if (!format) {
    format = new Intl.NumberFormat("en", { style: "currency", currency: currencyCode });
    formats.set(currencyCode, format);
  }
  return format.format(amount);
}
