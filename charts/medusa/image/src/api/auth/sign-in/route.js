const { contextOf } = require("../../../sign-in/administrator")
const { use } = require("../../../sign-in/nonces")
const { HEADERS, REFUSED, SIGNING_IN } = require("../../../sign-in/page")
const { read } = require("../../../sign-in/token")

/** The page that a link of the platform opens, which posts the link's token. */
exports.GET = async function showPage(request, response) {
  response.set(HEADERS).send(SIGNING_IN)
}

/** Signs the shop's administrator in, once for each link. */
exports.POST = async function signIn(request, response) {
  const now = Math.floor(Date.now() / 1000)
  const token = read(request.body?.token, process.env.JWT_SECRET, now)
  const isNew = token !== null && (await use(request.scope, token))
  const context = isNew ? await contextOf(request.scope, process.env.ADMIN_EMAIL, now) : null
  if (!context) {
    response.status(403).set(HEADERS).send(REFUSED)
    return
  }
  // Another session than the one of before, so that nobody who knows that one gets into this one.
  await new Promise((resolve, reject) => request.session.regenerate((error) => (error ? reject(error) : resolve())))
  request.session.auth_context = context
  response.set({ "Cache-Control": "no-store", "Referrer-Policy": "no-referrer" }).redirect(303, "/app")
}
