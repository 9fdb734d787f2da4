const assert = require("node:assert/strict")
const Module = require("node:module")
const { beforeEach, test } = require("node:test")

// Plays Medusa and the database, which only the built image has: what is asked of them is kept.
let keys, asked
const workflow = (name, result) => () => ({
  run: async ({ input }) => {
    asked.push([name, input])
    return { result }
  },
})
const played = {
  "@medusajs/medusa/core-flows": {
    createApiKeysWorkflow: workflow("make", [{ id: "apk_new" }]),
    linkSalesChannelsToApiKeyWorkflow: workflow("link"),
  },
  "./finding": {
    find: async (_, entity, filters) => {
      if (entity === "store") {
        return { default_sales_channel_id: "sc_default" }
      }
      assert.deepEqual(filters, { title: "Storefront", type: "publishable" })
      return keys[0]
    },
  },
  "./database": {
    withDatabase: (work) => work({ query: async (_, values) => asked.push(["token", values]) }),
  },
}
const load = Module._load
Module._load = (name, ...rest) => played[name] ?? load(name, ...rest)
const { makePublishableKey, takeOverPublishableKey } = require("../setup/publishable-key")
Module._load = load

const settings = { publishableKey: "pk_0123456789" }
const token = (id) => ["token", ["pk_0123456789", "pk_012***789", id]]

beforeEach(() => {
  keys = []
  asked = []
})

test("a new shop's key is made once, and is of its sales channel", async () => {
  await makePublishableKey({}, settings, "sc_1")
  assert.deepEqual(asked, [
    ["make", { api_keys: [{ title: "Storefront", type: "publishable", created_by: "" }] }],
    token("apk_new"),
    ["link", { id: "apk_new", add: ["sc_1"] }],
  ])
  keys = [{ id: "apk_new" }]
  asked = []
  await makePublishableKey({}, settings, "sc_1")
  assert.deepEqual(asked, [token("apk_new"), ["link", { id: "apk_new", add: ["sc_1"] }]])
})

test("the key of a shop that was backed up gets a new token, and keeps its sales channels", async () => {
  keys = [{ id: "apk_old", sales_channels: [{ id: "sc_theirs" }] }]
  await takeOverPublishableKey({}, settings)
  assert.deepEqual(asked, [token("apk_old")])
})

test("a key that was removed there, or is of no sales channel, is made again", async () => {
  await takeOverPublishableKey({}, settings)
  assert.deepEqual(asked.slice(1), [token("apk_new"), ["link", { id: "apk_new", add: ["sc_default"] }]])
  keys = [{ id: "apk_old", sales_channels: [] }]
  asked = []
  await takeOverPublishableKey({}, settings)
  assert.deepEqual(asked, [token("apk_old"), ["link", { id: "apk_old", add: ["sc_default"] }]])
})
