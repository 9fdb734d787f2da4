/**
 * Read the header `Cookie`.
 *
 * @param {string} [header]
 * @returns {Map<string, string>}
 */
export function parseCookies(header = "") {
  /** @type {Map<string, string>} */
  const cookies = new Map();
  for (const part of header.split(";")) {
    const [name, value] = part.split("=", 2);
    if (name && value !== undefined) {
      cookies.set(name.trim(), value.trim());
    }
  }
  return cookies;
}

/**
 * Write a value for the header `Set-Cookie`. Scripts cannot read the cookie, and other sites cannot
 * have it sent with a form.
 *
 * @param {string} name
 * @param {string} value  Letters, digits, `_` and `.`; an empty one removes the cookie.
 * @param {{ isSecure: boolean, maxAgeSeconds: number }} options
 */
export function writeCookie(name, value, { isSecure, maxAgeSeconds }) {
  const age = value ? maxAgeSeconds : 0;
  return `${name}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax${isSecure ? "; Secure" : ""}`;
}
