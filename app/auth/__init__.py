"""Signing in over HTTP and websockets, by our own bearer tokens or by those of an OIDC issuer."""
