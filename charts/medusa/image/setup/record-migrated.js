// Writes down that the database was migrated by this image.
const { withDatabase, recordMigrated } = require("./database")

withDatabase((client) => recordMigrated(client, process.env.SET_UP_BY))
