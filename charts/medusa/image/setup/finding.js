const { ContainerRegistrationKeys } = require("@medusajs/framework/utils")

/** Returns the first entity of a kind that the filters fit, with the fields asked for, or undefined. */
async function find(container, entity, filters = {}, fields = ["id"]) {
  const query = container.resolve(ContainerRegistrationKeys.QUERY)
  const { data } = await query.graph({ entity, fields, filters, pagination: { take: 1, skip: 0 } })
  return data[0]
}

/** Returns the entity that the filters fit, made by `make` if there is none. */
async function findOrMake(container, entity, filters, make) {
  return (await find(container, entity, filters)) ?? (await make())
}

module.exports = { find, findOrMake }
