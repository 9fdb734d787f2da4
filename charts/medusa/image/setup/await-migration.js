// Ends once the database was set up by the image of this pod.
const { withDatabase, readState } = require("./database")
const { until } = require("./waiting")

const image = process.env.SET_UP_BY

async function isSetUp() {
  const { set_up_by } = await withDatabase(readState)
  return set_up_by === image
}

until(isSetUp, `the set-up by ${image}`)
