// Makes an empty Medusa a shop that sells; run by `medusa exec`, after the migrations. What a merchant may
// change later is made once and never again. Each part looks for what it makes, so that a set-up that
// was cut short goes on where it was.
const { makeAdministrator } = require("./administrator")
const { makePublishableKey } = require("./publishable-key")
const { makeRegion } = require("./region")
const { makeSampleProduct } = require("./sample-product")
const { makeShipping } = require("./shipping")
const { prepareStore } = require("./store")
const { withDatabase, readState, recordSetUp } = require("./database")
const { settings } = require("./settings")

async function openShop(container) {
  const { salesChannelId } = await prepareStore(container, settings)
  await makeRegion(container, settings)
  const { stockLocationId, shippingProfileId } = await makeShipping(container, settings, salesChannelId)
  await makePublishableKey(container, settings, salesChannelId)
  await makeSampleProduct(container, settings, { salesChannelId, stockLocationId, shippingProfileId })
  await makeAdministrator(container, settings)
}

// `medusa exec` calls the default export.
exports.default = async function setUp({ container }) {
  const { is_open: isOpen } = await withDatabase(readState)
  if (!isOpen) {
    await openShop(container)
    console.log("The shop is open.")
  }
  // From now on the server of this image gets traffic.
  await withDatabase((client) => recordSetUp(client, settings.image))
  console.log(`The shop is set up by ${settings.image}.`)
}
