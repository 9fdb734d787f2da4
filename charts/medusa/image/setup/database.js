// The shop's database, and the one row in it that says how far the set-up is. The table is of our own:
// what Medusa keeps of a store can be changed in its admin.
const { Client } = require("pg")

const TABLE = `
  CREATE TABLE IF NOT EXISTS store_platform_setup (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    is_open boolean NOT NULL DEFAULT false,
    set_up_by text
  )`
const NO_SUCH_TABLE = "42P01"

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

/** Returns `{ is_open, set_up_by }`; neither is true of a database that was never set up. */
async function readState(client) {
  try {
    const { rows } = await client.query("SELECT is_open, set_up_by FROM store_platform_setup")
    return rows[0] ?? { is_open: false, set_up_by: null }
  } catch (error) {
    if (error.code === NO_SUCH_TABLE) {
      return { is_open: false, set_up_by: null }
    }
    throw error
  }
}

/** Writes down that the shop sells, as this image has set it up. */
async function recordSetUp(client, image) {
  await client.query(TABLE)
  await client.query(
    `INSERT INTO store_platform_setup (is_open, set_up_by) VALUES (true, $1)
       ON CONFLICT (only_row) DO UPDATE SET is_open = true, set_up_by = $1`,
    [image],
  )
}

module.exports = { withDatabase, readState, recordSetUp }
