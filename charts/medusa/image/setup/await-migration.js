// Ends once the database was migrated by the image of this pod.
const { withDatabase, readState } = require("./database")
const { until } = require("./waiting")

const image = process.env.SET_UP_BY

async function isMigrated() {
  const { migrated_by: by } = await withDatabase(readState)
  return by === image
}

until(isMigrated, `the migration by ${image}`)
