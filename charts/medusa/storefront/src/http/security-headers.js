const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  // A merchant's pictures may lie with a storage provider.
  "img-src 'self' https:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
];

/** The headers of every answer. Strict-Transport-Security is the ingress's to say: TLS ends there. */
export const SECURITY_HEADERS = {
  "content-security-policy": POLICY.join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
  // With "no-referrer" browsers would send "null" as the origin of the shop's own forms.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
};
