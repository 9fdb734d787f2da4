"""The labels by which what belongs to a store is found."""

STORE_LABEL = "store-platform.dev/store"
"""The label, with the store's id, on everything that belongs to a store."""

COMPONENT_LABEL = "app.kubernetes.io/component"
