// Makes an empty Medusa a shop that sells; run by `medusa exec`, after the migrations. What a merchant may
// change later is made once and never again. Each part looks for what it makes, so that a set-up that
// was cut short goes on where it was. A shop from a backup is there already, with its merchant's accounts
// and passwords: it only gets the key of this storefront.
const { makeAdministrator } = require("./administrator")
const { makePublishableKey, takeOverPublishableKey } = require("./publishable-key")
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
  const { is_open: isOpen, set_up_by: setUpBy } = await withDatabase(readState)
  if (!isOpen) {
    await openShop(container)
    console.log("The shop is open.")
  } else if (!setUpBy) {
    await takeOverPublishableKey(container, settings)
    console.log("The shop of the backup is taken over.")
  }
  // From now on the server of this image gets traffic.
  await withDatabase((client) => recordSetUp(client, settings.image))
  console.log(`The shop is set up by ${settings.image}.`)
}
