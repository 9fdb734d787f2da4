"""Names the labels and annotations of the objects of a store."""

STORE_LABEL = "store-platform.dev/store"
"""On everything that belongs to a store; the value is the store's id."""

COMPONENT_LABEL = "app.kubernetes.io/component"
"""On pods and Jobs of a store; the value says which workload of the engine they are part of."""

OPERATION_LABEL = "store-platform.dev/operation"
"""On the Job of a task and its pods; the value is the number of the store's operation."""

STORE_ANNOTATION = "store-platform.dev/record"
"""On a store's namespace; the value is that of ``domain.store_annotation``. Its name differs from
that of the label, so that nobody takes one for the other."""
