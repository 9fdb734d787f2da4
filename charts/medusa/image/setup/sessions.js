// Which sessions are ended: those of an identity that signed in no later than this. Medusa's own are in the
// server's memory and in signed tokens, so nobody else can end them; the server asks here.
const TABLE = `
  CREATE TABLE IF NOT EXISTS public.store_platform_ended_sessions (
    auth_identity_id text PRIMARY KEY,
    signed_in_until timestamptz NOT NULL
  )`

/** Ends all sessions that this identity has now. */
async function endSessions(client, identityId) {
  await client.query(TABLE)
  await client.query(
    `INSERT INTO public.store_platform_ended_sessions (auth_identity_id, signed_in_until) VALUES ($1, now())
       ON CONFLICT (auth_identity_id) DO UPDATE SET signed_in_until = now()`,
    [identityId],
  )
}

module.exports = { endSessions }
