const { createHash } = require("node:crypto")

// The token stands after the #, which the browser sends to nobody: neither logs nor other sites get it. It is
// taken out of the address first, and so out of the browser's history.
const SCRIPT = `
  const token = location.hash.slice(1)
  history.replaceState(null, "", location.pathname + location.search)
  if (token) {
    document.forms[0].token.value = token
    document.forms[0].submit()
  } else {
    document.querySelector("p").textContent = "This link is not complete. Make another one."
  }
`
const DIGEST = createHash("sha256").update(SCRIPT).digest("base64")
const HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": `default-src 'none'; script-src 'sha256-${DIGEST}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Robots-Tag": "noindex, nofollow",
}
const page = (body) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Signing in</title></head><body>${body}</body></html>`

const SIGNING_IN = page(
  `<p>Signing in …</p><noscript>To sign in by a link, switch on JavaScript.</noscript>` +
    `<form method="post"><input type="hidden" name="token"></form><script>${SCRIPT}</script>`,
)
// The same for whatever is wrong with it, which is nobody's business.
const REFUSED = page("<p>This link is not valid any more. Make another one, and open it within a minute.</p>")

module.exports = { HEADERS, SIGNING_IN, REFUSED }
