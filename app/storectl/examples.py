"""Writes the examples that stand below the help of a command."""


def examples(*commands: str) -> str:
    """Return commands as the last paragraph of a help text."""
    # A line with ``\b`` alone keeps the lines of its paragraph as they are.
    return "\n".join(["\b", "Examples:", *(f"  {command}" for command in commands)])
