"""The service: an ASGI application around the domain, which is in ``provisioner``."""


def __getattr__(name: str) -> str:
    """Return ``__version__``, which is looked up only when somebody asks: it takes a moment."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("store-platform")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0.1.0"
