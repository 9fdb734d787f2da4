const { ContainerRegistrationKeys } = require("@medusajs/framework/utils")

const TABLE = `
  CREATE TABLE IF NOT EXISTS public.store_platform_sign_ins (
    nonce text PRIMARY KEY,
    expires_at timestamptz NOT NULL
  )`
const EXPIRED = "DELETE FROM public.store_platform_sign_ins WHERE expires_at < now() - interval '1 hour'"
const USED = `
  INSERT INTO public.store_platform_sign_ins (nonce, expires_at) VALUES (?, to_timestamp(?))
  ON CONFLICT DO NOTHING RETURNING nonce`

/** Notes that a link is used; returns whether it is the first time. In the database, which outlives the server. */
async function use(container, { nonce, expires }) {
  const database = container.resolve(ContainerRegistrationKeys.PG_CONNECTION)
  await database.raw(TABLE)
  await database.raw(EXPIRED)
  const { rows } = await database.raw(USED, [nonce, expires])
  return rows.length === 1
}

module.exports = { use }
