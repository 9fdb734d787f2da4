"""The contract's enums are the domain's, which knows nothing of the contract."""

from enum import Enum

import pytest

from provisioner.domain import cluster, codes, identities, operations, stores
from provisioner.storage.audit_log import AuditOutcome
from schema import audit, enums
from schema.codes import ReasonCode, UserErrorCode

OF_LISTS = {codes.RefusalCode.CURSOR_INVALID.name, codes.RefusalCode.PAGE_SIZE_INVALID.name}
"""Refusals of queries and subscriptions, which are errors of an answer and in no payload."""


def names(kind: type[Enum]) -> list[str]:
    return [member.name for member in kind]


@pytest.mark.parametrize(
    ("shown", "known"),
    [
        (enums.StoreStatus, stores.StoreStatus),
        (enums.StoreTarget, stores.StoreTarget),
        (enums.OperationKind, operations.OperationKind),
        (enums.OperationStatus, operations.OperationStatus),
        (enums.StepName, stores.StepName),
        (enums.StepStatus, stores.StepStatus),
        (enums.EventKind, stores.EventKind),
        (enums.ContainerState, cluster.ContainerState),
        (enums.PodPhase, cluster.PodPhase),
        (enums.Role, identities.Role),
        (audit.AuditOutcome, AuditOutcome),
        (ReasonCode, codes.ReasonCode),
    ],
)
def test_each_value_is_in_both(shown: type[Enum], known: type[Enum]) -> None:
    assert names(shown) == names(known)


def test_payloads_have_the_refusals_of_mutations() -> None:
    assert names(UserErrorCode) == [
        name for name in names(codes.RefusalCode) if name not in OF_LISTS
    ]
