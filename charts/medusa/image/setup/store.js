const { createDefaultsWorkflow, updateStoresWorkflow } = require("@medusajs/medusa/core-flows")
const { find } = require("./finding")

/** Gives Medusa's one store the shop's name and currency, and returns its sales channel. */
async function prepareStore(container, { shopName, currency }) {
  // The server does this at each start, and finds what is there; here it comes before the first.
  await createDefaultsWorkflow(container).run()
  const store = await find(container, "store", {}, ["id", "default_sales_channel_id"])
  await updateStoresWorkflow(container).run({
    input: {
      selector: { id: store.id },
      update: { name: shopName, supported_currencies: [{ currency_code: currency, is_default: true }] },
    },
  })
  return { salesChannelId: store.default_sales_channel_id }
}

module.exports = { prepareStore }
