const assert = require("node:assert/strict")
const { createHash, createHmac } = require("node:crypto")
const Module = require("node:module")
const { beforeEach, test } = require("node:test")

// Plays Medusa and the database, which only the built image has.
let used, identities, users, factors
const auth = {
  listProviderIdentities: async (filters) => {
    assert.deepEqual(filters, { entity_id: "ada@example.com", provider: "emailpass" })
    return identities
  },
  listAuthMfa: async (filters) => {
    assert.deepEqual(filters, { auth_identity_id: "auth_1", status: "enabled" })
    return factors
  },
}
const database = {
  raw: async (text, values) => {
    if (!values) {
      return { rows: [] }
    }
    const isNew = !used.has(values[0])
    used.add(values[0])
    return { rows: isNew ? [{ nonce: values[0] }] : [] }
  },
}
const parts = { auth, pg: database, query: { graph: async () => ({ data: users }) } }
const played = {
  "@medusajs/framework/utils": {
    Modules: { AUTH: "auth" },
    ContainerRegistrationKeys: { PG_CONNECTION: "pg", QUERY: "query" },
  },
}
const load = Module._load
Module._load = (name, ...rest) => played[name] ?? load(name, ...rest)
const { GET, POST } = require("../src/api/auth/sign-in/route")
Module._load = load

const SECRET = "the-jwt-secret"
const NONCE = "0123456789abcdef".repeat(2)
const now = () => Math.floor(Date.now() / 1000)

// As the platform does: tests/unit/test_sign_in_links.py has the same example.
function tokenOf({ expires = now() + 60, nonce = NONCE, secret = SECRET } = {}) {
  const key = createHmac("sha256", secret).update("store-platform sign-in link").digest()
  const said = `${expires}.${nonce}`
  return `${said}.${createHmac("sha256", key).update(said).digest("hex")}`
}

function answering() {
  const said = { status: 200, headers: {}, body: "", to: null }
  const response = {
    said,
    status: (code) => ((said.status = code), response),
    set: (headers) => (Object.assign(said.headers, headers), response),
    send: (body) => ((said.body = body), response),
    redirect: (code, to) => Object.assign(said, { status: code, to }),
  }
  return response
}

async function post(token) {
  const session = { auth_context: "of before", regenerate: (done) => (delete session.auth_context, done()) }
  const request = { body: { token }, session, scope: { resolve: (name) => parts[name] } }
  const response = answering()
  await POST(request, response)
  return { ...response.said, session }
}

beforeEach(() => {
  used = new Set()
  identities = [{ auth_identity_id: "auth_1" }]
  users = [{ id: "user_1" }]
  factors = []
  process.env.ADMIN_EMAIL = "ada@example.com"
  process.env.JWT_SECRET = SECRET
})

test("the page posts what stands after the #, and leaks it nowhere", async () => {
  const response = answering()
  await GET({}, response)
  const { headers, body } = response.said
  assert.equal(headers["Referrer-Policy"], "no-referrer")
  assert.equal(headers["Cache-Control"], "no-store")
  const [, script] = /<script>([^]*)<\/script>/.exec(body)
  const digest = createHash("sha256").update(script).digest("base64")
  assert.match(headers["Content-Security-Policy"], /default-src 'none'/)
  assert.ok(headers["Content-Security-Policy"].includes(`script-src 'sha256-${digest}'`))
})

test("a link signs the administrator in, once", async () => {
  const token = tokenOf()
  const first = await post(token)
  assert.deepEqual([first.status, first.to, first.headers["Cache-Control"]], [303, "/app", "no-store"])
  const { iat, ...context } = first.session.auth_context
  assert.deepEqual(context, {
    actor_id: "user_1",
    actor_type: "user",
    auth_identity_id: "auth_1",
    app_metadata: { user_id: "user_1" },
    user_metadata: {},
  })
  assert.ok(Math.abs(iat - now()) < 60)
  const second = await post(token)
  assert.deepEqual([second.status, second.session.auth_context], [403, "of before"])
})

test("what is wrong, used or expired is answered in the same way, and uses nothing up", async () => {
  const valid = tokenOf()
  const wrong = [
    undefined, "", ["x"], "x", `${valid}0`, valid.replace(/.$/, (last) => (last === "0" ? "1" : "0")),
    tokenOf({ expires: now() - 1 }), tokenOf({ expires: now() + 3600 }), tokenOf({ secret: "another" }),
  ]
  const answers = []
  for (const token of wrong) {
    answers.push(await post(token))
  }
  assert.equal(used.size, 0)
  assert.equal((await post(valid)).status, 303)
  answers.push(await post(valid))
  for (const { status, body, session } of answers) {
    assert.deepEqual([status, body, session.auth_context], [403, answers[0].body, "of before"])
  }
})

test("without an administrator, or without the second factor they have, nobody is signed in", async () => {
  factors = [{ id: "mfa_1" }]
  assert.equal((await post(tokenOf())).status, 403)
  factors = []
  users = []
  assert.equal((await post(tokenOf({ nonce: "1".repeat(32) }))).status, 403)
  users = [{ id: "user_1" }]
  identities = []
  assert.equal((await post(tokenOf({ nonce: "2".repeat(32) }))).status, 403)
})

test("a shop without a secret takes no link", async () => {
  process.env.JWT_SECRET = ""
  assert.equal((await post(tokenOf({ secret: "" }))).status, 403)
})
