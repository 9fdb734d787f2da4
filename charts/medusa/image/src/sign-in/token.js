const { createHmac, timingSafeEqual } = require("node:crypto")

const LABEL = "store-platform sign-in link"
const FORM = /^(\d{10})\.([0-9a-f]{32})\.([0-9a-f]{64})$/
const MOST_SECONDS = 120 // that a link may be valid for: the platform's are for 60, by a clock of its own

/** Returns the nonce and the expiry, in seconds, of a token of the platform that is valid at `now`, or null. */
function read(token, secret, now) {
  const [, expires, nonce, mac] = FORM.exec(typeof token === "string" ? token : "") ?? []
  if (!mac || !secret) {
    return null
  }
  const key = createHmac("sha256", secret).update(LABEL).digest()
  const expected = createHmac("sha256", key).update(`${expires}.${nonce}`).digest()
  const isOurs = timingSafeEqual(Buffer.from(mac, "hex"), expected)
  const isValid = Number(expires) > now && Number(expires) <= now + MOST_SECONDS
  return isOurs && isValid ? { nonce, expires: Number(expires) } : null
}

module.exports = { read }
