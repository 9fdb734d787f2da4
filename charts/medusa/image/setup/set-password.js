// Gives the shop's administrator the password of the environment, and ends all of their sessions; run by
// `medusa exec`. The job may be killed anywhere, and is run again: to do it twice is as good as once.
const { Modules } = require("@medusajs/framework/utils")
const { makeAdministrator, PROVIDER } = require("./administrator")
const { withDatabase } = require("./database")
const { endSessions } = require("./sessions")

exports.default = async function setPassword({ container }) {
  const { ADMIN_EMAIL: email, NEXT_PASSWORD: password } = process.env
  if (!email || !password) {
    throw new Error("There is no new password to set.")
  }
  // One that the merchant has removed, or that is not in the backup of the shop, is made again.
  const identityId = await makeAdministrator(container, { adminEmail: email, adminPassword: password })
  const auth = container.resolve(Modules.AUTH)
  const { success, error } = await auth.updateProvider(PROVIDER, { entity_id: email, password })
  if (!success) {
    throw new Error(`The password of the administrator could not be set: ${error}`)
  }
  await withDatabase((client) => endSessions(client, identityId))
  console.log(`The administrator ${email} has the new password.`)
}
