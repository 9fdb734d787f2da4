const assert = require("node:assert/strict")
const Module = require("node:module")
const { beforeEach, test } = require("node:test")

// Plays Medusa and the database, which only the built image has: what is asked of them is kept.
let asked, answer, ended
const auth = {
  updateProvider: async (...given) => {
    asked.push(["password", ...given])
    return answer
  },
  listProviderIdentities: async (filters) => {
    assert.deepEqual(filters, { entity_id: "ada@example.com", provider: "emailpass" })
    return identities
  },
  register: async (provider, { body }) => {
    asked.push(["register", provider, body])
    return { success: true, authIdentity: { id: "auth_new" } }
  },
  updateAuthIdentities: async (given) => asked.push(["link", given]),
}
let identities, users
const played = {
  "@medusajs/framework/utils": { Modules: { AUTH: "auth" }, ContainerRegistrationKeys: { PG_CONNECTION: "pg" } },
  "@medusajs/medusa/core-flows": {
    createUsersWorkflow: () => ({
      run: async ({ input }) => {
        asked.push(["make", input])
        return { result: [{ id: "user_new" }] }
      },
    }),
  },
  "./finding": { find: async () => users[0] },
  "./database": {
    withDatabase: (work) => work({ query: async (text, values) => values && asked.push(["ended", ...values]) }),
  },
}
const load = Module._load
Module._load = (name, ...rest) => played[name] ?? load(name, ...rest)
const { default: setPassword } = require("../setup/set-password")
const { signOutEnded } = require("../src/sessions/ended")
Module._load = load

const container = { resolve: () => auth }
const login = { entity_id: "ada@example.com", password: "the-new-one" }

beforeEach(() => {
  asked = []
  answer = { success: true }
  identities = [{ auth_identity_id: "auth_1" }]
  users = [{ id: "user_1" }]
  ended = []
  process.env.ADMIN_EMAIL = login.entity_id
  process.env.NEXT_PASSWORD = login.password
})

test("the administrator gets the password, and then all sessions are ended", async () => {
  await setPassword({ container })
  assert.deepEqual(asked, [
    ["link", { id: "auth_1", app_metadata: { user_id: "user_1" } }],
    ["password", "emailpass", login],
    ["ended", "auth_1"],
  ])
})

test("one that was removed, or is not in the shop's backup, is made again", async () => {
  identities = []
  users = []
  await setPassword({ container })
  assert.deepEqual(asked, [
    ["make", { users: [{ email: login.entity_id }] }],
    ["register", "emailpass", { email: login.entity_id, password: login.password }],
    ["link", { id: "auth_new", app_metadata: { user_id: "user_new" } }],
    ["password", "emailpass", login],
    ["ended", "auth_new"],
  ])
})

test("what Medusa refuses ends it with the reason, and no session", async () => {
  answer = { success: false, error: "no such provider" }
  await assert.rejects(setPassword({ container }), { message: /could not be set: no such provider$/ })
  assert.equal(asked.some(([what]) => what === "ended"), false)
})

test("without a new password nothing is done", async () => {
  delete process.env.NEXT_PASSWORD
  await assert.rejects(setPassword({ container }), { message: "There is no new password to set." })
  assert.deepEqual(asked, [])
})

// Plays the table of ended sessions: who signed in until when, in seconds.
const database = {
  raw: async (text, values) => {
    if (!values) {
      return { rows: [{ is_there: ended.length > 0 }] }
    }
    const [identity, iat] = values
    return { rows: ended.filter(([known, until]) => known === identity && until >= iat) }
  },
}
const tokenOf = (claims) => `Bearer x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.y`

async function ask(given) {
  const request = { headers: {}, scope: { resolve: () => database }, ...given }
  let said = null
  const response = { status: (code) => ({ json: () => (said = code) }) }
  await signOutEnded(request, response, () => (said = "next"))
  return { said, request }
}

const claims = (iat, auth_identity_id = "auth_1") => ({ auth_identity_id, actor_type: "user", iat })

test("nobody is signed out of a shop whose password was never set anew", async () => {
  const auth_context = claims(100)
  assert.equal((await ask({ session: { auth_context }, auth_context })).said, "next")
})

test("whoever signed in before, or in the same second, is signed out", async () => {
  ended = [["auth_1", 100]]
  for (const [iat, expected] of [[99, 401], [100, 401], [101, "next"]]) {
    const auth_context = claims(iat)
    assert.equal((await ask({ session: { auth_context }, auth_context })).said, expected)
    const headers = { authorization: tokenOf(claims(iat)) }
    assert.equal((await ask({ headers, auth_context })).said, expected)
  }
  const other = claims(1, "auth_2")
  assert.equal((await ask({ session: { auth_context: other }, auth_context: other })).said, "next")
})

test("an ended session does not keep them from signing in again, or give them a token", async () => {
  ended = [["auth_1", 100]]
  const headers = { authorization: tokenOf(claims(1)) }
  const { said, request } = await ask({ session: { auth_context: claims(1) }, headers })
  assert.deepEqual([said, request.session, request.headers], ["next", {}, {}])
})

test("what is no token, or says nothing of when, is left to Medusa", async () => {
  ended = [["auth_1", 100]]
  for (const authorization of ["", "Basic abc", "Bearer x", "Bearer a.b.c", tokenOf({ iat: "1" }), tokenOf(null)]) {
    assert.equal((await ask({ headers: { authorization } })).said, "next")
  }
  assert.equal((await ask({ session: {} })).said, "next")
})
