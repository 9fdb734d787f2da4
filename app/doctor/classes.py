"""The cluster's classes of storage and ingress, with what the checks need of them."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from provisioner.kubernetes.wire import Wire

_NONE: Mapping[str, str] = MappingProxyType({})
_STORAGE_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_INGRESS_DEFAULT = "ingressclass.kubernetes.io/is-default-class"


class ClassMetadata(Wire):
    name: str = ""
    annotations: Mapping[str, str] = _NONE


class StorageClass(Wire):
    """A StorageClass; ``provisioner`` is the name of the driver that makes its volumes."""

    provisioner: str
    metadata: ClassMetadata = msgspec.field(default_factory=ClassMetadata)
    allow_volume_expansion: bool = False

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def is_default(self) -> bool:
        return self.metadata.annotations.get(_STORAGE_DEFAULT) == "true"


class StorageClasses(Wire):
    items: tuple[StorageClass, ...] = ()


class SnapshotClass(Wire):
    driver: str


class SnapshotClasses(Wire):
    items: tuple[SnapshotClass, ...] = ()


class IngressClass(Wire):
    metadata: ClassMetadata

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def is_default(self) -> bool:
        return self.metadata.annotations.get(_INGRESS_DEFAULT) == "true"


class IngressClasses(Wire):
    items: tuple[IngressClass, ...] = ()
