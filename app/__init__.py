"""The service: an ASGI application around the domain, which is in ``provisioner``."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("store-platform")
except PackageNotFoundError:  # run from a checkout that is not installed
    __version__ = "0.1.0"
