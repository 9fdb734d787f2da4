"""The cluster: its API, what the watches know of it, and helm's releases as kept there."""
