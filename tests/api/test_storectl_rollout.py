"""storectl has the shops of an engine upgraded, for admins; what it prints is exact."""

import json
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import records_of, remove_stores
from tests.api.rolled_out import become, end_turn, start
from tests.api.test_audit import entries_of
from tests.api.test_backups import a_store
from tests.e2e.service import Service
from tests.e2e.storectl import Storectl

START = ("rollout", "start", "woocommerce", "7.2")
NOTHING = "No shop of woocommerce can be upgraded to 7.3."
PLAN = """\
SHOP    VERSION  UPGRADED  WHY NOT
shop-0  7.1      yes
shop-1  7.1      yes
shop-2  7.1      no        Only the shop of a store that is READY or DEGRADED can be upgraded; this\
 one is FAILED. Retry it first.
2 shops would be upgraded to 7.2, 1 would not.
"""
LEFT = (
    "\nNo longer watching; the rollout goes on without you. To watch again: {again}. To stop it:"
    " {stop}\n"
)
SECONDS = 60


@pytest.fixture(scope="module")
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with ExitStack() as stack:
        yield start(stack, request, tmp_path_factory.mktemp("storectl-rollouts"), "sqlite")


@pytest.fixture
def service(running: Service) -> Service:
    """Mira has three shops, one of which has failed."""
    remove_stores(running)
    mira = running.token("mira")
    for number, status in enumerate(("READY", "READY", "FAILED")):
        a_store(running, mira, f"shop-{number}", status=status)
    return running


@pytest.fixture
def storectl(service: Service, tmp_path: Path) -> Storectl:
    """Chris', who is an admin."""
    return Storectl(tmp_path, service, service.token("chris", "admin"))


def begun(service: Service, storectl: Storectl) -> str:
    """Return the id of a rollout that waits for its turns; whoever began it watches no longer."""
    process = storectl.start(*START, "--yes")
    assert process.stdout is not None
    found = re.match(r"Rollout (rollout_\w+) upgrades ", process.stdout.readline())
    assert process.stdout.readline() == "RUNNING: 0 of 2 upgraded, 2 waiting.\n"
    process.send_signal(signal.SIGINT)
    _, says = process.communicate(timeout=SECONDS)
    assert found is not None
    again, stop = (f"storectl rollout {verb} {found[1]}" for verb in ("watch", "stop"))
    assert (process.returncode, says) == (130, LEFT.format(again=again, stop=stop))
    assert len(service.sql("SELECT id FROM rollouts")) == 1
    return found[1]


def test_a_dry_run_says_who_would_be_upgraded(service: Service, storectl: Storectl) -> None:
    before = records_of(service)
    assert storectl.ok(*START, "--dry-run") == PLAN
    plan = storectl.json(*START, "--dry-run", "--name-contains", "shop-0")
    assert plan["counts"][0] == {"status": "PENDING", "count": 1}
    assert [shop["storeName"] for shop in plan["stores"]] == ["shop-0"]
    assert storectl.ok("rollout", "start", "woocommerce", "7.3", "--dry-run").endswith(
        "0 shops would be upgraded to 7.3, 3 would not.\n"
    )
    assert storectl.ok(*START, "--dry-run", "--owner-contains", "nobody") == (
        "0 shops would be upgraded to 7.2, 0 would not.\n"
    )
    assert records_of(service) == before


def test_what_is_asked_for_gets_to_the_platform(service: Service, storectl: Storectl) -> None:
    storectl.ok(
        *START, "--dry-run", "--canaries", "3", "--parallel", "4", "--stop-after", "5",
        "--name-contains", "shop", "--owner-contains", "mira", "--retry-failed",
    )  # fmt: skip
    assert entries_of(service, action="upgradeStores")[-1]["arguments"] == {
        "engine": "woocommerce", "version": "7.2", "canaries": 3, "parallel": 4,
        "stopAfterFailures": 5, "nameContains": "shop", "ownerContains": "mira",
        "retriesFailed": True, "dryRun": True,
    }  # fmt: skip


def test_it_is_followed_to_its_end(service: Service, storectl: Storectl) -> None:
    process = storectl.start(*START, "--yes", "--canaries", "0")
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(2)]
    ((key,),) = service.sql("SELECT id FROM rollouts")
    rollout_id = f"rollout_{key}"
    end_turn(service, rollout_id, 1, "SUCCEEDED")
    lines.append(process.stdout.readline())
    end_turn(service, rollout_id, 2, "SUCCEEDED")
    become(service, rollout_id, "FINISHED")
    rest, says = process.communicate(timeout=SECONDS)
    assert (process.returncode, says) == (0, "")
    assert lines == [
        (
            f"Rollout {rollout_id} upgrades 2 shops of woocommerce to version 7.2, at most 2 at a"
            " time.\n"
        ),
        "RUNNING: 0 of 2 upgraded, 2 waiting.\n",
        "RUNNING: 1 of 2 upgraded, 1 waiting.\n",
    ]
    assert rest.splitlines()[-1] == "FINISHED: 2 of 2 upgraded."


def test_it_is_asked_for_on_a_terminal(service: Service, storectl: Storectl) -> None:
    question = (
        "Upgrade 2 shops of woocommerce to version 7.2, first 1 of them, then at most 2 at a time?"
    )
    before = records_of(service)
    code, shown = storectl.on_a_terminal(*START, typed="n")
    assert code == 1
    assert f"{question} [y/N]: " in shown
    assert "Nothing was upgraded." in shown
    assert storectl.fails(*START) == (
        2, "There is no terminal to confirm this. Pass --yes to upgrade them without it.",
    )  # fmt: skip
    assert records_of(service) == before


def test_one_that_is_stopped_fails(service: Service, storectl: Storectl) -> None:
    rollout_id = begun(service, storectl)
    end_turn(service, rollout_id, 1, "FAILED")
    reason = "The shop shop-0, which came first, could not be upgraded: It broke."
    become(service, rollout_id, "STOPPED", reason)

    done = storectl.run("rollout", "watch", rollout_id)

    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        (
            f"Rollout {rollout_id} upgrades 2 shops of woocommerce to version 7.2, first 1 of them,"
            " then at most 2 at a time."
        ),
        "STOPPED: 0 of 2 upgraded, 1 waiting, 1 failed.",
        "SHOP    UPGRADE  WHY",
        "shop-0  failed   It broke.",
    ]
    assert done.stderr == (
        f"The rollout is stopped. {reason}\n"
        f"To go on in spite of that: storectl rollout resume {rollout_id}\n"
    )


def test_one_in_which_a_shop_has_failed_fails(service: Service, storectl: Storectl) -> None:
    rollout_id = begun(service, storectl)
    end_turn(service, rollout_id, 1, "SUCCEEDED")
    end_turn(service, rollout_id, 2, "FAILED")
    become(service, rollout_id, "FINISHED")
    assert storectl.fails("rollout", "watch", rollout_id) == (
        1, "The rollout is finished, and 1 shop could not be upgraded.",
    )  # fmt: skip
    done = storectl.run("rollout", "watch", rollout_id, "--json")
    assert done.returncode == 1
    (state,) = map(json.loads, done.stdout.splitlines())
    assert (state["id"], state["status"]) == (rollout_id, "FINISHED")


def test_it_is_stopped_resumed_and_listed(service: Service, storectl: Storectl) -> None:
    assert storectl.ok("rollout", "list") == "There are no rollouts.\n"
    rollout_id = begun(service, storectl)
    assert storectl.ok("rollout", "stop", rollout_id) == (
        f"Rollout {rollout_id} is stopped: 0 of 2 upgraded, 2 waiting.\n"
        f"To resume it: storectl rollout resume {rollout_id}\n"
    )
    assert storectl.fails("rollout", "stop", rollout_id) == (1, "The rollout is STOPPED already.")
    assert storectl.ok("rollout", "resume", rollout_id) == (
        f"Rollout {rollout_id} goes on: 0 of 2 upgraded, 2 waiting.\n"
        f"Follow it with: storectl rollout watch {rollout_id}\n"
    )
    assert storectl.fails("rollout", "resume", rollout_id) == (
        1, "Only a rollout that is STOPPED can be resumed; this one is RUNNING.",
    )  # fmt: skip
    heads, row = storectl.ok("rollout", "list").splitlines()
    assert re.split(r"  +", heads) == [
        "ID", "STATUS", "ENGINE", "VERSION", "SHOPS", "ASKED BY", "BEGUN",
    ]  # fmt: skip
    assert re.split(r"  +", row)[:6] == [
        rollout_id, "RUNNING", "woocommerce", "7.2", "0 of 2 upgraded, 2 waiting", "chris",
    ]  # fmt: skip
    (listed,) = storectl.json("rollout", "list")
    stopped = storectl.json("rollout", "stop", rollout_id)
    ended: dict[str, Any] = {"status": "STOPPED", "reason": "chris stopped it."}
    assert stopped == {**listed, **ended, "endedAt": stopped["endedAt"]}
    resumed = storectl.json("rollout", "resume", rollout_id)
    assert resumed == listed


def test_what_the_platform_refuses(service: Service, storectl: Storectl) -> None:
    before = records_of(service)
    assert storectl.fails(*START, "--parallel", "0") == (
        1, "`parallel` is a number from 1 to 50, and not 0.",
    )  # fmt: skip
    code, says = storectl.fails("rollout", "start", "woocommerce", "7.3")
    assert (code, says.startswith(NOTHING)) == (1, True)
    for verb in ("watch", "stop", "resume"):
        assert storectl.fails("rollout", verb, "rollout_x") == (5, "There is no such rollout.")
    assert records_of(service) == before


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_it_is_for_admins_alone(
    service: Service, storectl: Storectl, tmp_path: Path, role: str
) -> None:
    rollout_id = begun(service, storectl)
    before = records_of(service)
    mira = Storectl(tmp_path, service, service.token("mira", role))
    for arguments in (
        (*START, "--dry-run"), (*START, "--yes"), START, ("rollout", "list"),
        ("rollout", "watch", rollout_id), ("rollout", "stop", rollout_id),
        ("rollout", "resume", rollout_id),
    ):  # fmt: skip
        assert mira.fails(*arguments) == (1, "Only admins upgrade the shops of many stores.")
    assert records_of(service) == before
