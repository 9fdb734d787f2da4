const { ContainerRegistrationKeys, Modules } = require("@medusajs/framework/utils")

const PROVIDER = "emailpass"

/**
 * Returns what a session says of the administrator with this address, as Medusa's own sign-in does, or null if
 * there is none. One who has set up a second factor is not let in without it.
 */
async function contextOf(container, email, now) {
  const auth = container.resolve(Modules.AUTH)
  const [found] = await auth.listProviderIdentities({ entity_id: email, provider: PROVIDER })
  const query = container.resolve(ContainerRegistrationKeys.QUERY)
  const { data: users } = await query.graph({ entity: "user", fields: ["id"], filters: { email } })
  if (!found || !users[0] || (await hasSecondFactor(auth, found.auth_identity_id))) {
    return null
  }
  return {
    actor_id: users[0].id,
    actor_type: "user",
    auth_identity_id: found.auth_identity_id,
    app_metadata: { user_id: users[0].id },
    user_metadata: {},
    iat: now,
  }
}

async function hasSecondFactor(auth, identityId) {
  const factors = await auth.listAuthMfa({ auth_identity_id: identityId, status: "enabled" })
  return factors.length > 0
}

module.exports = { contextOf }
