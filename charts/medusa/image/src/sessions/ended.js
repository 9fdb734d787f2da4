const { ContainerRegistrationKeys } = require("@medusajs/framework/utils")

const TABLE = "SELECT to_regclass('public.store_platform_ended_sessions') IS NOT NULL AS is_there"
// To the second, as tokens say it: one of the same second may be of the password of before.
const FOUND = `
  SELECT 1 FROM public.store_platform_ended_sessions
  WHERE auth_identity_id = ? AND signed_in_until >= to_timestamp(?)`

// Most shops have never had their password set anew, and no such table.
let isTableThere = false

/**
 * Signs out whoever signed in before their password was set anew, with a session or with a token. What a
 * token says is not verified here, for nobody gets in by that: Medusa does so itself.
 */
async function signOutEnded(request, response, next) {
  const database = request.scope.resolve(ContainerRegistrationKeys.PG_CONNECTION)
  const isSessionEnded = await isEnded(database, request.session?.auth_context)
  const isTokenEnded = await isEnded(database, claimsOf(request.headers.authorization))
  if (isSessionEnded) {
    delete request.session.auth_context
  }
  if (isTokenEnded) {
    delete request.headers.authorization
  }
  // Below /admin Medusa has looked at them already. Elsewhere it does so next, and finds neither: who signs in
  // again, for example, may still send the cookie of the session that was ended.
  if ((isSessionEnded || isTokenEnded) && request.auth_context) {
    response.status(401).json({ message: "Unauthorized" })
    return
  }
  next()
}

async function isEnded(database, claims) {
  const { auth_identity_id: identityId, iat } = claims ?? {}
  if (typeof identityId !== "string" || !Number.isInteger(iat)) {
    return false
  }
  if (!isTableThere) {
    const { rows } = await database.raw(TABLE)
    isTableThere = rows[0].is_there
  }
  if (!isTableThere) {
    return false
  }
  const { rows } = await database.raw(FOUND, [identityId, iat])
  return rows.length > 0
}

function claimsOf(header) {
  const [, body] = /^bearer\s+[\w-]+\.([\w-]+)\./i.exec(header ?? "") ?? []
  try {
    return body && JSON.parse(Buffer.from(body, "base64url").toString())
  } catch {
    return undefined
  }
}

module.exports = { signOutEnded }
