"""A platform that was rolled back behind a database that a newer version has migrated."""

import json

from tests import forked
from tests.e2e.service import Service

NEWER = "UPDATE alembic_version SET version_num = '9999' RETURNING 1 AS one"
REVISION = "SELECT version_num FROM alembic_version"


def test_it_says_so_in_a_sentence_and_changes_nothing(service_on_each: Service) -> None:
    # Given a store in the database of a version that came after this one
    service = service_on_each
    service.create(service.token("merchant"), "kept")
    service.stop()
    ((revision,),) = service.sql(REVISION)
    service.sql(NEWER)
    before = service.sql("SELECT * FROM stores")

    # When this one is started, as after `helm rollback`
    ended = forked.run(
        service.program, {**service.environment, "STORE_PLATFORM_LOG_FORMAT": "json"}, seconds=60
    )

    # Then it ends, and says what is amiss and what to do
    assert ended.returncode == 3  # uvicorn's, of a start that fails
    lines = [json.loads(line) for line in (ended.stdout + ended.stderr).splitlines()]
    (problem,) = [line["problem"] for line in lines if line.get("event") == "cannot_start"]
    assert problem.startswith("The database at ")
    assert problem.endswith(
        "cannot be brought to this version's schema: Can't locate revision identified by '9999'. A"
        " newer version may have used it: run that one."
    )
    assert service.sql("SELECT * FROM stores") == before
    assert service.sql(REVISION) == [("9999",)]

    # And the other one goes on with it
    service.sql(f"UPDATE alembic_version SET version_num = '{revision}' RETURNING 1 AS one")  # noqa: S608
    service.start()
