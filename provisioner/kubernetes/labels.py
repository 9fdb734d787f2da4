"""Names the labels by which the objects of a store are found."""

STORE_LABEL = "store-platform.dev/store"
"""On everything that belongs to a store; the value is the store's id."""

COMPONENT_LABEL = "app.kubernetes.io/component"
"""On pods and Jobs of a store; the value says which workload of the engine they are part of."""
