// Ends once the database answers.
const { withDatabase } = require("./database")
const { until } = require("./waiting")

until(() => withDatabase(async (client) => Boolean(await client.query("SELECT 1"))), "the database")
