"""A store with everything that is known about it, as of one moment."""

from dataclasses import dataclass

from provisioner.domain.cluster import Pod
from provisioner.domain.operations import Operation
from provisioner.domain.stores import Step, Store


@dataclass(frozen=True, slots=True)
class StoreSnapshot:
    """A store with its latest operation, the steps of that, and its pods, all read at one moment.

    ``operation`` is None only for a store that a replica of an older version has written just now.
    """

    store: Store
    operation: Operation | None
    steps: tuple[Step, ...]
    pods: tuple[Pod, ...]
