const { createRegionsWorkflow, createTaxRegionsWorkflow } = require("@medusajs/medusa/core-flows")
const { find, findOrMake } = require("./finding")

const MANUAL_PAYMENT = "pp_system_default"
const OWN_TAXES = "tp_system"

/** Makes the region that the shop sells in, paid by hand, with the merchant's taxes still to be set. */
async function makeRegion(container, { currency, countries }) {
  await findOrMake(container, "region", { currency_code: currency }, async () => {
    const region = { name: "Home", currency_code: currency, countries, payment_providers: [MANUAL_PAYMENT] }
    await createRegionsWorkflow(container).run({ input: { regions: [region] } })
  })
  if (!(await find(container, "tax_region", { country_code: countries }))) {
    const taxes = countries.map((country_code) => ({ country_code, provider_id: OWN_TAXES }))
    await createTaxRegionsWorkflow(container).run({ input: taxes })
  }
}

module.exports = { makeRegion }
