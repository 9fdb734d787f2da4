"""The operations that callers can ask for; each first checks whether the caller may do it."""
