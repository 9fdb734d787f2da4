"""Why a release stops."""


class ReleaseError(Exception):
    """A release cannot go on; the message says why, and what to do."""
