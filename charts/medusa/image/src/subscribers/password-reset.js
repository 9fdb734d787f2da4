const { createHash } = require("node:crypto")
const { sendMail, shopName } = require("../mail/sending")

exports.config = { event: "auth.password_reset" }

/** Mails the link that somebody who works in the shop has asked for; shoppers have no passwords here. */
exports.default = async function mailPasswordReset({ event: { name, data }, container }) {
  const { entity_id: email, token, actor_type: actor } = data
  if (actor !== "user") {
    return
  }
  const link = new URL("/app/reset-password", process.env.SHOP_URL)
  link.search = new URLSearchParams({ token, email }).toString()
  await sendMail(container, {
    to: email,
    subject: `A new password for ${await shopName(container)}`,
    text: `Choose a new password here:\n\n${link}\n\nIf you did not ask for it, leave it.\n`,
    // Not the token itself: what a mail was about is kept in the database.
    event: { name, id: createHash("sha256").update(token).digest("hex"), type: "password" },
  })
}
