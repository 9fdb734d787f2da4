"""Signing in: bearer tokens of our own, or an OIDC issuer's, over HTTP and websockets."""
