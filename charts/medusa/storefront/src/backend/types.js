/**
 * What Medusa answers, as far as it is used here. Amounts are in whole units of the currency.
 *
 * @typedef {object} Country
 * @property {string} iso_2  In lower case.
 * @property {string} display_name
 *
 * @typedef {object} Region
 * @property {string} id
 * @property {string} currency_code  In lower case.
 * @property {Country[]} countries
 *
 * @typedef {object} Item
 * @property {string} id
 * @property {string} variant_id
 * @property {string} product_title
 * @property {string} [product_handle]
 * @property {string | null} [variant_title]
 * @property {string | null} [thumbnail]
 * @property {number} quantity
 * @property {number} unit_price
 * @property {boolean} [is_tax_inclusive]
 *
 * @typedef {object} Address
 * @property {string} first_name
 * @property {string} last_name
 * @property {string} address_1
 * @property {string | null} [address_2]
 * @property {string} postal_code
 * @property {string} city
 * @property {string | null} [province]
 * @property {string} country_code
 *
 * @typedef {object} ShippingMethod
 * @property {string} [name]
 * @property {string} shipping_option_id
 *
 * @typedef {object} Totals  What carts and orders have in common.
 * @property {string} currency_code
 * @property {Item[]} items
 * @property {number} total
 * @property {number} tax_total
 * @property {number} item_total
 * @property {number} item_subtotal
 * @property {number} shipping_total
 * @property {number} shipping_subtotal
 * @property {number} [discount_total]
 * @property {number} [discount_subtotal]
 *
 * @typedef {object} CartFields
 * @property {string} id
 * @property {string | null} [email]
 * @property {string | null} [completed_at]
 * @property {Region} region
 * @property {Address | null} [shipping_address]
 * @property {ShippingMethod[]} [shipping_methods]
 * @property {{ payment_sessions?: { provider_id: string, status: string }[] } | null} [payment_collection]
 *
 * @typedef {Totals & CartFields} Cart
 *
 * @typedef {object} OrderFields
 * @property {string} id
 * @property {number} display_id
 * @property {string} email
 * @property {string} created_at
 * @property {Address} shipping_address
 * @property {ShippingMethod[]} [shipping_methods]
 *
 * @typedef {Totals & OrderFields} Order
 *
 * @typedef {object} ShippingOption
 * @property {string} id
 * @property {string} name
 * @property {number} amount
 */

export {};
