const { createInventoryLevelsWorkflow, createProductsWorkflow } = require("@medusajs/medusa/core-flows")
const { find, findOrMake } = require("./finding")

const HANDLE = "sample-product"
const PRICE = 10
const STOCK = 100

/** Makes a product to begin with: published, priced and in stock. */
async function makeSampleProduct(container, { currency }, ids) {
  await findOrMake(container, "product", { handle: HANDLE }, () =>
    createProductsWorkflow(container).run({
      input: {
        products: [
          {
            title: "Sample product",
            handle: HANDLE,
            description: "Something to try the shop with.",
            status: "published",
            shipping_profile_id: ids.shippingProfileId,
            sales_channels: [{ id: ids.salesChannelId }],
            options: [{ title: "Size", values: ["One size"] }],
            variants: [
              {
                title: "One size",
                sku: "SAMPLE",
                options: { Size: "One size" },
                prices: [{ currency_code: currency, amount: PRICE }],
              },
            ],
          },
        ],
      },
    }),
  )
  const item = await find(container, "inventory_item", { sku: "SAMPLE" })
  const level = { inventory_item_id: item.id, location_id: ids.stockLocationId }
  await findOrMake(container, "inventory_level", level, () =>
    createInventoryLevelsWorkflow(container).run({
      input: { inventory_levels: [{ ...level, stocked_quantity: STOCK }] },
    }),
  )
}

module.exports = { makeSampleProduct }
