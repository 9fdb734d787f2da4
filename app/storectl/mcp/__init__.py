"""Serves the Model Context Protocol, by which assistants work with the user's stores.

``command`` starts it and imports nothing of the protocol's library, which is an optional part of
the installation. All other modules of this package need the library.
"""
