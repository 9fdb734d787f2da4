const { ContainerRegistrationKeys, Modules } = require("@medusajs/framework/utils")

const { SMTP_HOST, SMTP_FROM } = process.env

/**
 * Sends one mail in the shop's name; does nothing if the shop has no mail server.
 *
 * `event` is `{ name, id, type }` of what the mail is about. It is sent once for each event and recipient,
 * also if Medusa hands out the event twice.
 */
async function sendMail(container, { to, subject, text, event }) {
  if (!SMTP_HOST) {
    return
  }
  await container.resolve(Modules.NOTIFICATION).createNotifications({
    to,
    from: SMTP_FROM,
    provider_data: { sender: await shopName(container) },
    channel: "email",
    content: { subject, text },
    trigger_type: event.name,
    resource_id: event.id,
    resource_type: event.type,
    idempotency_key: `${event.name} ${event.id} ${to}`,
  })
}

/** Returns the shop's name as it is now: the merchant may have changed it. */
async function shopName(container) {
  const query = container.resolve(ContainerRegistrationKeys.QUERY)
  const { data } = await query.graph({ entity: "store", fields: ["name"] })
  return data[0].name
}

module.exports = { sendMail, shopName }
