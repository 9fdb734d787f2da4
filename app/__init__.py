"""The service: an ASGI application around the domain, which is in ``provisioner``."""

__version__ = "0.1.0"
"""That of pyproject.toml, which is not there in an image; `make version` writes both."""
