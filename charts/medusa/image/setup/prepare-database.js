// Gives an empty database what this image was built with, so that nothing is left to migrate. A database
// that has anything in it is left as it is.
// Exits 0 if the database is of this image's version now, and 10 if it has to be migrated.
const { readFileSync } = require("node:fs")
const path = require("node:path")
const { withDatabase, readState, recordMigrated } = require("./database")

const MUST_MIGRATE = 10
const image = process.env.SET_UP_BY
const template = path.join(__dirname, "..", "database.sql")

async function prepare(client) {
  const { migrated_by: by } = await readState(client)
  if (by === image) {
    return true
  }
  if (!(await isEmpty(client))) {
    return false
  }
  // All of it or nothing: a set-up that is killed here begins again with an empty database.
  await client.query("BEGIN")
  await client.query(readFileSync(template, "utf8"))
  await recordMigrated(client, image)
  await client.query("COMMIT")
  console.log("The database is prepared.")
  return true
}

async function isEmpty(client) {
  const { rows } = await client.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1")
  return rows.length === 0
}

withDatabase(prepare).then((isPrepared) => {
  process.exitCode = isPrepared ? 0 : MUST_MIGRATE
})
