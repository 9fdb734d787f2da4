const { ContainerRegistrationKeys, Modules } = require("@medusajs/framework/utils")
const {
  createShippingOptionsWorkflow,
  createShippingProfilesWorkflow,
  createStockLocationsWorkflow,
  linkSalesChannelsToStockLocationWorkflow,
} = require("@medusajs/medusa/core-flows")
const { find } = require("./finding")

const BY_HAND = "manual_manual"
const WAREHOUSE = "Warehouse"
const DELIVERY = "Delivery"
const PRICE = 5

/** Makes a warehouse that delivers to the shop's countries at a flat rate. */
async function makeShipping(container, { currency, countries }, salesChannelId) {
  const stockLocationId = await makeWarehouse(container, salesChannelId)
  const shippingProfileId = await makeProfile(container)
  const zoneId = await makeZone(container, stockLocationId, countries)
  if (!(await find(container, "shipping_option", { service_zone_id: zoneId }))) {
    await createShippingOptionsWorkflow(container).run({
      input: [
        {
          name: "Standard delivery",
          price_type: "flat",
          provider_id: BY_HAND,
          service_zone_id: zoneId,
          shipping_profile_id: shippingProfileId,
          type: { label: "Standard", description: "Within some days.", code: "standard" },
          prices: [{ currency_code: currency, amount: PRICE }],
          rules: [
            { attribute: "enabled_in_store", operator: "eq", value: "true" },
            { attribute: "is_return", operator: "eq", value: "false" },
          ],
        },
      ],
    })
  }
  return { stockLocationId, shippingProfileId }
}

async function makeWarehouse(container, salesChannelId) {
  let location = await find(container, "stock_location", { name: WAREHOUSE })
  if (!location) {
    const { result } = await createStockLocationsWorkflow(container).run({
      input: { locations: [{ name: WAREHOUSE }] },
    })
    location = result[0]
  }
  // A link that is there already is left as it is.
  await link(container, location.id, { [Modules.FULFILLMENT]: { fulfillment_provider_id: BY_HAND } })
  await linkSalesChannelsToStockLocationWorkflow(container).run({
    input: { id: location.id, add: [salesChannelId] },
  })
  return location.id
}

async function makeProfile(container) {
  const found = await find(container, "shipping_profile", { type: "default" })
  if (found) {
    return found.id
  }
  const { result } = await createShippingProfilesWorkflow(container).run({
    input: { data: [{ name: "Default", type: "default" }] },
  })
  return result[0].id
}

async function makeZone(container, stockLocationId, countries) {
  let set = await find(container, "fulfillment_set", { name: DELIVERY }, ["id", "service_zones.id"])
  if (!set) {
    const zone = {
      name: "Home",
      geo_zones: countries.map((country_code) => ({ type: "country", country_code })),
    }
    set = await container
      .resolve(Modules.FULFILLMENT)
      .createFulfillmentSets({ name: DELIVERY, type: "shipping", service_zones: [zone] })
  }
  await link(container, stockLocationId, { [Modules.FULFILLMENT]: { fulfillment_set_id: set.id } })
  return set.service_zones[0].id
}

function link(container, stockLocationId, other) {
  return container
    .resolve(ContainerRegistrationKeys.LINK)
    .create({ [Modules.STOCK_LOCATION]: { stock_location_id: stockLocationId }, ...other })
}

module.exports = { makeShipping }
