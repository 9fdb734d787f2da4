const { createApiKeysWorkflow, linkSalesChannelsToApiKeyWorkflow } = require("@medusajs/medusa/core-flows")
const { find } = require("./finding")
const { withDatabase } = require("./database")

const TITLE = "Storefront"

/**
 * Makes the key by which the storefront says which sales channel it is of.
 *
 * Medusa gives a key a token of its own; this one's is the generated one, which the storefront's pod has
 * already. It is no secret: every shopper's browser may see it, and Medusa keeps it in plain text.
 */
async function makePublishableKey(container, { publishableKey }, salesChannelId) {
  let key = await find(container, "api_key", { title: TITLE, type: "publishable" })
  if (!key) {
    const { result } = await createApiKeysWorkflow(container).run({
      input: { api_keys: [{ title: TITLE, type: "publishable", created_by: "" }] },
    })
    key = result[0]
  }
  const redacted = `${publishableKey.slice(0, 6)}***${publishableKey.slice(-3)}`
  await withDatabase((client) =>
    client.query("UPDATE api_key SET token = $1, redacted = $2 WHERE id = $3", [publishableKey, redacted, key.id]),
  )
  await linkSalesChannelsToApiKeyWorkflow(container).run({ input: { id: key.id, add: [salesChannelId] } })
}

module.exports = { makePublishableKey }
