"""Finds stores in the cluster that the database does not know, and has them recorded again.

That is so after the database was lost, or was restored from a backup that is older than a store.
The annotation on the store's namespace says what to record (see ``domain.store_annotation``).
Nobody but the platform and the cluster's administrators can write it: a shop has no rights on
namespaces, its pods not even an account's token. What contradicts itself is left alone all the
same, and told, with the remedy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from provisioner.domain.cluster import NamespaceMarks
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import ClusterRejectedError, NotFoundError
from provisioner.domain.ports import Cluster, Releases
from provisioner.domain.store_annotation import AnnotationError, store_from
from provisioner.domain.stores import Reason, Store, StoreStatus
from provisioner.kubernetes.labels import STORE_ANNOTATION, STORE_LABEL
from provisioner.storage.adoption import AdoptionRecords, KnownStores
from provisioner.storage.audit_log import AuditedAction

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_FOUND = Reason(
    ReasonCode.NOT_READY, "It was found again in the cluster, and not yet looked at there."
)
_NO_RELEASE = Reason(
    ReasonCode.HELM_FAILED,
    "It was found again in the cluster, but helm has no finished release of it there. Look at what"
    " is in its namespace, then retry to install it, or delete it.",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A namespace whose store the database does not know, or knows as deleted.

    ``store`` is what would be recorded, None if that is not known. ``problem`` says why it cannot
    be recorded, and what to do about it; it is "" where it can.
    """

    namespace: str
    store: Store | None
    problem: str = ""

    @property
    def has_release(self) -> bool:
        """Whether helm has a finished release there; False also where nobody looked."""
        return self.store is not None and not self.problem and self.store.reason != _NO_RELEASE


class Adoption:
    """Compares the namespaces of stores with the database."""

    def __init__(self, cluster: Cluster, releases: Releases, records: AdoptionRecords) -> None:
        self._cluster = cluster
        self._releases = releases
        self._records = records

    async def find(self) -> list[Finding]:
        """Return all findings, the oldest stores first; nothing is changed.

        Raises ClusterUnreachableError, and ClusterRejectedError when namespaces cannot be listed.
        """
        # The namespaces first: a store is recorded before its namespace is made, so each of them
        # whose store is not among the known is of no store that is being created now.
        namespaces = await self._cluster.store_namespaces()
        known = await self._records.known()
        findings = [
            _finding(marks, known)
            for marks in sorted(namespaces, key=lambda marks: marks.name)
            if known.statuses.get(marks.labels[STORE_LABEL]) in (None, StoreStatus.DELETED)
        ]
        return [await self._looked_at(finding) for finding in _without_namesakes(findings)]

    async def adopt(self, store: Store, audit: AuditedAction) -> Store:
        """Record the store of a finding. Raises as ``AdoptionRecords.add``."""
        return await self._records.add(store, audit)

    async def _looked_at(self, finding: Finding) -> Finding:
        """Return the finding with the status that its store would have, by helm's release."""
        if finding.store is None or finding.problem:
            return finding
        store = finding.store
        try:
            release = await self._releases.find(store.namespace, store.release)
        except NotFoundError:  # helm has just replaced its record of it
            release = None
        except ClusterRejectedError as error:
            return replace(finding, problem=f"It cannot be looked at. {error}")
        # A FAILED one is closed, so that somebody has to look at it.
        # Whether it is READY is for the service to say, which watches its pods. A DEGRADED store is
        # judged by them at once; one without a release has none, so somebody has to look at it.
        if release is None:
            store = replace(store, status=StoreStatus.FAILED, reason=_NO_RELEASE)
        elif store.status is StoreStatus.QUEUED:
            store = replace(store, status=StoreStatus.DEGRADED, reason=_FOUND)
        return replace(finding, store=store)


def _finding(marks: NamespaceMarks, known: KnownStores) -> Finding:
    store_id = marks.labels[STORE_LABEL]
    if marks.is_terminating:
        return Finding(marks.name, None, "The namespace is being deleted.")
    if store_id in known.statuses:
        return Finding(
            marks.name,
            None,
            "The store was deleted, and a deletion is never taken back. If nobody needs what is"
            f" left of it, remove it: kubectl delete namespace {marks.name}",
        )
    try:
        store = _read(marks, store_id)
    except AnnotationError as error:
        return Finding(
            marks.name,
            None,
            f"{error} Correct the annotation {STORE_ANNOTATION}, or restore a backup of the"
            " database that has the store.",
        )
    if holder := known.names.get(store.name):
        return Finding(
            marks.name,
            store,
            f"The store {holder} has the name {store.name!r} now. Delete that one first, if it is"
            " not wanted.",
        )
    return Finding(marks.name, store)


def _read(marks: NamespaceMarks, store_id: str) -> Store:
    text = marks.annotations.get(STORE_ANNOTATION)
    if text is None:
        raise AnnotationError("The namespace does not say what is to be recorded.")
    return store_from(text, namespace=marks.name, store_id=store_id)


def _without_namesakes(findings: Sequence[Finding]) -> list[Finding]:
    """Sort the findings, and let only the oldest of those with the same name be recorded."""
    by_age = sorted(findings, key=_age)
    first: dict[str, str] = {}
    told: list[Finding] = []
    for finding in by_age:
        if finding.store is not None and not finding.problem:
            namesake = first.setdefault(finding.store.name, finding.namespace)
            if namesake != finding.namespace:
                problem = (
                    f"The older store in {namesake} has the same name {finding.store.name!r}, and"
                    f" is the one to be recorded. If that is the wrong one, take the label"
                    f" {STORE_LABEL} from its namespace."
                )
                told.append(replace(finding, problem=problem))
                continue
        told.append(finding)
    return told


def _age(finding: Finding) -> tuple[bool, datetime, str]:
    # Nobody knows how old the others are, so they come last.
    store = finding.store
    return (store is None, store.created_at if store else _LONG_AGO, finding.namespace)
