// What the set-up is told of the shop, by the chart.

function required(name) {
  const value = process.env[name]
  if (!value) {
    throw new Error(`The variable ${name} is not set.`)
  }
  return value
}

const settings = {
  image: required("SET_UP_BY"),
  shopName: required("SHOP_NAME"),
  currency: required("SHOP_CURRENCY"),
  countries: required("SHOP_COUNTRIES").split(","),
  publishableKey: required("PUBLISHABLE_KEY"),
  adminEmail: required("ADMIN_EMAIL"),
  adminPassword: required("ADMIN_PASSWORD"),
}

module.exports = { settings }
