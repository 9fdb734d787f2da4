// The words of the mails about an order, as plain text.
const COUNTRIES = new Intl.DisplayNames("en", { type: "region" })

/** Returns subject and text of the mail that tells a shopper that the order has arrived. */
function confirmation(shop, order) {
  return {
    subject: `Your order #${order.display_id} at ${shop}`,
    text: lines(
      "Thank you for your order.",
      "",
      `Order #${order.display_id}`,
      ...contents(order),
      "",
      "It goes to:",
      ...address(order.shipping_address),
      "",
      shop,
    ),
  }
}

/** Returns subject and text of the mail that tells the merchant of a new order. */
function announcement(shop, order, adminUrl) {
  return {
    subject: `New order #${order.display_id} at ${shop}`,
    text: lines(
      `${order.email} has ordered:`,
      "",
      ...contents(order),
      "",
      "It goes to:",
      ...address(order.shipping_address),
      "",
      `${adminUrl}/orders/${order.id}`,
    ),
  }
}

// Each line has its tax and its discount, so that they add up to the total whatever the merchant's taxes are.
function contents({ items, currency_code: currency, shipping_total: shipping, tax_total: tax, total }) {
  const format = new Intl.NumberFormat("en", { style: "currency", currency })
  const row = (name, amount) => `  ${name}: ${format.format(amount)}`
  return [
    ...items.map((item) => row(`${item.quantity} × ${item.product_title}`, item.total)),
    row("Delivery", shipping),
    row("Total", total),
    ...(tax > 0 ? [row("Including tax", tax)] : []),
  ]
}

function address(to) {
  return [
    `${to.first_name} ${to.last_name}`,
    to.address_1,
    to.address_2,
    `${to.postal_code} ${to.city}`,
    to.province,
    COUNTRIES.of(to.country_code.toUpperCase()),
  ]
    .filter(Boolean)
    .map((line) => `  ${line}`)
}

const lines = (...all) => `${all.join("\n")}\n`

module.exports = { confirmation, announcement }
