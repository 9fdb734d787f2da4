// Ends once the backup that the shop is made from is in the database. Of a shop that was set up since, it is.
const { withDatabase, readState } = require("./database")
const { until } = require("./waiting")

async function isLoaded(client) {
  const { rows } = await client.query("SELECT to_regclass('public.store_platform_restored') AS mark")
  return rows[0].mark !== null || (await readState(client)).set_up_by !== null
}

until(() => withDatabase(isLoaded), "the backup")
