"""The kind cluster of ``make up``: made once, with an ingress and the images of the shops."""

from app.local.kind.cluster import end, start

__all__ = ["end", "start"]
