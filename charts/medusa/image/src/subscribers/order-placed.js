const { ContainerRegistrationKeys } = require("@medusajs/framework/utils")
const { announcement, confirmation } = require("../mail/order")
const { sendMail, shopName } = require("../mail/sending")

const { MERCHANT_EMAIL, SHOP_URL } = process.env
const FIELDS = [
  "id",
  "display_id",
  "email",
  "currency_code",
  "total",
  "shipping_total",
  "tax_total",
  "items.quantity",
  "items.product_title",
  "items.total",
  "shipping_address.*",
]

exports.config = { event: "order.placed" }

/** Mails an order to the shopper, and to the merchant if the shop knows an address. */
exports.default = async function mailOrder({ event: { name, data }, container }) {
  const query = container.resolve(ContainerRegistrationKeys.QUERY)
  const found = await query.graph({ entity: "order", fields: FIELDS, filters: { id: data.id } })
  const order = found.data[0]
  const shop = await shopName(container)
  const event = { name, id: order.id, type: "order" }
  const mails = [{ to: order.email, ...confirmation(shop, order) }]
  if (MERCHANT_EMAIL) {
    mails.push({ to: MERCHANT_EMAIL, ...announcement(shop, order, `${SHOP_URL}/app`) })
  }
  await Promise.all(mails.map((mail) => sendMail(container, { ...mail, event })))
}
