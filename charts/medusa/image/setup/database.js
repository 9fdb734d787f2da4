// The shop's database, and the one row in it that says how far the set-up is: which image has migrated
// the database, whether the shop was ever opened, and which image has set it up. The table is of our
// own: what Medusa keeps of a store can be changed in its admin. Open and set up by no image is a shop that
// was just loaded from a backup.
const { Client } = require("pg")

// With its schema's name: whoever has restored a dump on this connection has no search path.
const TABLE = `
  CREATE TABLE IF NOT EXISTS public.store_platform_setup (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    is_open boolean NOT NULL DEFAULT false,
    set_up_by text
  );
  ALTER TABLE public.store_platform_setup ADD COLUMN IF NOT EXISTS migrated_by text`
const NO_SUCH_TABLE = "42P01"
const UNTOUCHED = { migrated_by: null, is_open: false, set_up_by: null }

/** Connects as the PG… variables say, calls `work` with the connection, and closes it. */
async function withDatabase(work) {
  const client = new Client({ connectionTimeoutMillis: 5_000, query_timeout: 60_000 })
  // A connection that breaks is told by the query that it breaks; without this it would end the process.
  client.on("error", () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Returns `{ migrated_by, is_open, set_up_by }`; none is true of a database that was never set up. */
async function readState(client) {
  try {
    const { rows } = await client.query("SELECT * FROM public.store_platform_setup")
    return rows[0] ?? UNTOUCHED
  } catch (error) {
    if (error.code === NO_SUCH_TABLE) {
      return UNTOUCHED
    }
    throw error
  }
}

/** Writes down which image has migrated the database; a server of that image may start now. */
async function recordMigrated(client, image) {
  await client.query(TABLE)
  await client.query(
    `INSERT INTO public.store_platform_setup (migrated_by) VALUES ($1)
       ON CONFLICT (only_row) DO UPDATE SET migrated_by = $1`,
    [image],
  )
}

/** Writes down that the shop sells, as this image has set it up. */
async function recordSetUp(client, image) {
  await client.query("UPDATE public.store_platform_setup SET is_open = true, set_up_by = $1", [image])
}

module.exports = { withDatabase, readState, recordMigrated, recordSetUp }
