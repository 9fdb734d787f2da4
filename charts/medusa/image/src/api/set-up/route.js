const { ContainerRegistrationKeys } = require("@medusajs/framework/utils")

/**
 * Tells whether the shop is set up by this image: 200 or 503. The server starts while that still goes on,
 * and until then no traffic may reach it: a shopper would find half a shop, and a stranger one without
 * its administrator. Only the start-up probe asks; the ingress has no such path.
 */
exports.GET = async function isSetUp(request, response) {
  const database = request.scope.resolve(ContainerRegistrationKeys.PG_CONNECTION)
  const { rows } = await database.raw("SELECT set_up_by FROM store_platform_setup")
  const ready = rows[0]?.set_up_by === process.env.SET_UP_BY
  response.status(ready ? 200 : 503).json({ is_set_up: ready })
}
