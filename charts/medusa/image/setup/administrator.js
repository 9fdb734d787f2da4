const { Modules } = require("@medusajs/framework/utils")
const { createUsersWorkflow } = require("@medusajs/medusa/core-flows")
const { find } = require("./finding")

const PROVIDER = "emailpass"

/**
 * Makes the administrator, who signs in with the password that was generated for this shop; returns the id of
 * the identity. One that is there keeps the password it has.
 */
async function makeAdministrator(container, { adminEmail, adminPassword }) {
  let user = await find(container, "user", { email: adminEmail })
  if (!user) {
    const { result } = await createUsersWorkflow(container).run({ input: { users: [{ email: adminEmail }] } })
    user = result[0]
  }
  const auth = container.resolve(Modules.AUTH)
  const identityId = await registered(auth, { email: adminEmail, password: adminPassword })
  await auth.updateAuthIdentities({ id: identityId, app_metadata: { user_id: user.id } })
  return identityId
}

/** Returns the id of the identity with this address, registering it if it is not there. */
async function registered(auth, login) {
  const [found] = await auth.listProviderIdentities({ entity_id: login.email, provider: PROVIDER })
  if (found) {
    return found.auth_identity_id
  }
  const { success, error, authIdentity } = await auth.register(PROVIDER, { body: login })
  if (!success) {
    throw new Error(`The administrator could not be registered: ${error}`)
  }
  return authIdentity.id
}

module.exports = { makeAdministrator, PROVIDER }
