"""Operations that schemathesis generates from the contract: none is a failure of ours."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import running_service
from tests.e2e.service import Service

SEARCHED = settings(
    max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
ROOTS = ("Query", "Mutation")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("generated")) as running:
        yield running
    log = running.log.read_text()
    assert "Traceback" not in log
    assert "unexpected_error" not in log


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return service.token("generator", role="admin")


def test_every_operation_of_the_contract(service: Service, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    contract = schemathesis.graphql.from_url(f"{service.url}/graphql", headers=headers)
    tried = set()
    generated: Any = contract.get_all_operations()
    for found in generated:
        operation = found.ok()
        tried.add(operation.label)
        _try(operation, token)
    assert {label.partition(".")[0] for label in tried} == set(ROOTS)
    assert {"Query.stores", "Mutation.createStore"} <= tried


def _try(operation: Any, token: str) -> None:
    @SEARCHED
    @given(st.data())
    def run(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy())
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in {200, 400}, (case.body, answer.text)
        if answer.status_code == 200:
            codes = [
                error.get("extensions", {}).get("code")
                for error in answer.json().get("errors") or ()
            ]
            assert "INTERNAL" not in codes, case.body

    run()
