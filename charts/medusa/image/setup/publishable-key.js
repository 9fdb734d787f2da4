const { createApiKeysWorkflow, linkSalesChannelsToApiKeyWorkflow } = require("@medusajs/medusa/core-flows")
const { find } = require("./finding")
const { withDatabase } = require("./database")

const OURS = { title: "Storefront", type: "publishable" }

/**
 * Makes the key by which the storefront says which sales channel it is of.
 *
 * Medusa gives a key a token of its own; this one's is the generated one, which the storefront's pod has
 * already. It is no secret: every shopper's browser may see it, and Medusa keeps it in plain text.
 */
async function makePublishableKey(container, { publishableKey }, salesChannelId) {
  let key = await find(container, "api_key", OURS)
  if (!key) {
    const { result } = await createApiKeysWorkflow(container).run({
      input: { api_keys: [{ ...OURS, created_by: "" }] },
    })
    key = result[0]
  }
  await setToken(key.id, publishableKey)
  await linkSalesChannelsToApiKeyWorkflow(container).run({ input: { id: key.id, add: [salesChannelId] } })
}

/** Gives the key of the shop that this one was made from this one's token; its sales channels are the merchant's. */
async function takeOverPublishableKey(container, { publishableKey }) {
  const key = await find(container, "api_key", OURS, ["id", "sales_channels.id"])
  if (key?.sales_channels?.length) {
    await setToken(key.id, publishableKey)
    return
  }
  const { default_sales_channel_id: salesChannelId } = await find(container, "store", {}, ["default_sales_channel_id"])
  await makePublishableKey(container, { publishableKey }, salesChannelId)
}

async function setToken(id, token) {
  const redacted = `${token.slice(0, 6)}***${token.slice(-3)}`
  await withDatabase((client) =>
    client.query("UPDATE api_key SET token = $1, redacted = $2 WHERE id = $3", [token, redacted, id]),
  )
}

module.exports = { makePublishableKey, takeOverPublishableKey }
