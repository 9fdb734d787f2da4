"""storectl against the whole service on a real API server."""

import json
import re
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from app.local.cluster import stages
from tests.e2e.conftest import NewService
from tests.e2e.service import Service
from tests.e2e.storectl import Storectl
from tests.e2e.test_recovery import behaving, give_values
from tests.e2e.test_restart import OLDER_SECONDS

STEPS = ["Namespace", "Credentials", "Helm install", "Workloads ready", "Setup job", "Reachable"]


@pytest.fixture
def storectl(service: Service, tmp_path: Path) -> Storectl:
    made = Storectl(tmp_path / "home", service)
    made.sign_in(service.token("anna"))
    return made


def test_create_watch_and_delete_watch(storectl: Storectl) -> None:
    # When a store is made and watched, each step is a line as it ends
    lines = storectl.ok("create", "first-shop", "--engine", "woocommerce", "--watch").splitlines()

    ended = [line for line in lines if line.startswith(("✓", "-"))]
    assert [re.split(r"\s{2,}", line[2:])[0] for line in ended] == STEPS
    statuses = [line for line in lines if line.startswith("first-shop is ")]
    assert statuses[-1] == "first-shop is READY."
    assert len(statuses) == len(set(statuses))  # each status is said once
    address = "http://first-shop.store.localhost"
    not_checked = f"Whether it opens at {address} was not checked: on simulated nodes no shop does."
    assert lines[-1] == not_checked
    code, told = storectl.fails("open", "first-shop")
    assert code == 1
    assert told.startswith("Shops do not open on this platform: its pods are simulated, or")
    login = storectl.run("password", "first-shop")
    assert login.stdout.strip() == storectl.json("password", "first-shop")["password"]
    assert login.stderr.startswith(f"Sign in at {address}/wp-admin/ as admin")
    store = storectl.json("status", "first-shop")
    assert store["status"] == "READY"

    # When it is deleted and watched, in JSON this time, each line is an update
    updates = [
        json.loads(line)
        for line in storectl.ok("delete", "first-shop", "-y", "--watch", "--json").splitlines()
    ]
    assert updates[-1]["store"]["status"] == "DELETED"
    versions = [event["version"] for update in updates for event in update["events"]]
    assert versions == list(range(versions[0], updates[-1]["version"] + 1))
    assert storectl.fails("status", "first-shop")[0] == 5
    assert storectl.json("status", store["id"])["status"] == "DELETED"


def test_pause_watch_and_open_watch(storectl: Storectl) -> None:
    storectl.ok("create", "quiet-shop", "--engine", "woocommerce", "--watch")

    # When the shop is paused and watched
    lines = storectl.ok("suspend", "quiet-shop", "--watch").splitlines()

    # Then the watch ends once nothing of it runs any more
    assert lines[0] == "quiet-shop is READY, and is being paused."
    assert re.fullmatch(
        r"✓ Stop shop +[0-9.]+ s  The shop is paused: nothing of it runs.*", lines[1]
    )
    assert lines[2] == "quiet-shop is SUSPENDED."
    (said,) = lines[3:]
    assert said == (
        "quiet-shop is paused: what is in it is kept, and visitors are told that it is closed for"
        " now. Open it again with: storectl resume quiet-shop"
    )
    paused = storectl.json("status", "quiet-shop")
    assert {pod["status"] for pod in paused["pods"]} <= {"Completed"}  # that of its setup
    assert (paused["status"], paused["suspendedAt"] is None) == ("SUSPENDED", False)

    # When it is opened again and watched
    lines = storectl.ok("resume", "quiet-shop", "--watch").splitlines()

    # Then each step is a line as it ends, and visitors get there in the last but one
    ended = [line for line in lines if line.startswith(("✓", "-"))]
    steps = [*STEPS[:-1], "Open shop", STEPS[-1]]
    assert [re.split(r"\s{2,}", line[2:])[0] for line in ended] == steps
    # The watch may begin after the first step has ended, which is told before the status then.
    assert {line for line in lines if line.endswith("is being opened again.")} & {
        f"quiet-shop is {status}, and is being opened again."
        for status in ("QUEUED", "PROVISIONING")
    }
    assert [line for line in lines if line.startswith("quiet-shop is ")][-1] == (
        "quiet-shop is READY."
    )
    opened = storectl.json("status", "quiet-shop")
    assert (opened["status"], opened["suspendedAt"]) == ("READY", None)
    kinds = [item["kind"] for item in storectl.json("history", "quiet-shop")]
    assert kinds == ["RESUME", "SUSPEND", "CREATE"]
    storectl.ok("delete", "quiet-shop", "-y", "--watch")


def test_restart_watch(storectl: Storectl) -> None:
    storectl.ok("create", "slow-shop", "--engine", "woocommerce", "--watch")
    before = {pod["name"] for pod in storectl.json("status", "slow-shop")["pods"]}
    time.sleep(OLDER_SECONDS)

    # When the shop is restarted and watched
    lines = storectl.ok("restart", "slow-shop", "--watch").splitlines()

    # Then the watch ends once all of it runs again, although it was READY all the time
    assert lines[0] == "slow-shop is READY, and is being restarted."
    done = r"✓ Restart +[0-9.]+ s  Every part of the shop has started anew\."
    assert re.fullmatch(done, lines[1])
    assert lines[2:] == ["slow-shop is READY.", "slow-shop has been restarted."]
    restarted = storectl.json("status", "slow-shop")
    assert restarted["status"] == "READY"
    assert {pod["name"] for pod in restarted["pods"]} != before
    kinds = [(item["kind"], item["status"]) for item in storectl.json("history", "slow-shop")]
    assert kinds == [("RESTART", "SUCCEEDED"), ("CREATE", "SUCCEEDED")]
    storectl.ok("delete", "slow-shop", "-y", "--watch")


def test_a_terminal_sees_it_live(storectl: Storectl) -> None:
    code, text = storectl.on_a_terminal("create", "live-shop", "--engine", "woocommerce", "--watch")

    assert code == 0, text
    assert "live-shop is PROVISIONING" in text
    assert re.search(r"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Workloads ready", text)
    assert re.search(r"✓ Workloads ready +[0-9.]+ s +All pods are ready: mysql, wordpress\.", text)
    assert text.rstrip().endswith("was not checked: on simulated nodes no shop does.")
    storectl.ok("delete", "live-shop", "-y", "--watch")


def test_a_failure_says_why_and_what_next(new_service: NewService, tmp_path: Path) -> None:
    # Given a chart whose image is in no registry
    service = new_service()
    values = service.folder / "values"
    values.mkdir()
    image = "wordpress: {image: {repository: image-not-found.invalid/wordpress}}\n"
    (values / "woocommerce.yaml").write_text(image)
    service.settings["STORE_PLATFORM_CHART_VALUES"] = str(values)
    service.start()
    storectl = Storectl(tmp_path / "home", service)
    storectl.sign_in(service.token("anna"))

    code, said = storectl.fails("create", "no-image", "--engine", "woocommerce", "--watch")

    assert code == 1
    assert said.startswith("no-image failed. ")
    assert "image-not-found.invalid/wordpress" in said
    assert "See `storectl logs no-image`, then `storectl retry no-image`" in said
    logs = storectl.ok("logs", "no-image")
    assert "IMAGE_NOT_FOUND: " in logs
    assert "Workloads ready, failed: " in logs
    code, said = storectl.fails("cancel", "no-image")
    assert (code, "To remove it, delete it." in said) == (1, True)

    # When the chart is mended, the store is tried again
    service.stop()
    (values / "woocommerce.yaml").unlink()
    service.start()
    assert "no-image is READY." in storectl.ok("retry", "no-image", "--watch")
    storectl.ok("delete", "no-image", "-y", "--watch")


def test_ctrl_c_leaves_the_store_going(new_service: NewService, tmp_path: Path) -> None:
    # Given a store that takes long, so that the watching does not end by itself
    service = new_service()
    give_values(service, behaving(stages.NEVER_READY))
    service.start()
    storectl = Storectl(tmp_path / "home", service)
    storectl.sign_in(service.token("anna"))
    # As a terminal gives it: a run of the tests in the background would hand down its deaf ear.
    hear_ctrl_c = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    watching = storectl.start(
        "create", "going-on", "--engine", "woocommerce", "--watch", preexec_fn=hear_ctrl_c
    )
    assert watching.stdout is not None
    watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    _, said = watching.communicate(timeout=30)

    assert watching.returncode == 130
    store = storectl.json("status", "going-on")
    assert said.strip() == (
        "No longer watching; going-on goes on without you. To watch again:"
        f" storectl status {store['id']} --watch"
    )
    assert store["target"] == "READY"
    storectl.ok("delete", "going-on", "-y", "--watch")


def test_a_watch_outlives_the_service(service: Service, storectl: Storectl) -> None:
    # Given somebody who watches a ready store
    storectl.ok("create", "watched", "--engine", "woocommerce", "--watch")
    watching = storectl.start("status", "watched", "--watch", "--json")
    assert watching.stdout is not None
    seen = [json.loads(watching.stdout.readline())]

    # When the service is killed and comes back, and the store is deleted then
    service.stop(signal.SIGKILL)
    service.start()
    storectl.ok("delete", "watched", "-y")
    rest, said = watching.communicate(timeout=120)

    # Then the watch came back too, and missed nothing
    assert watching.returncode == 0, said
    assert "The connection is lost; trying to come back …" in said
    seen += [json.loads(line) for line in rest.splitlines()]
    versions = [event["version"] for update in seen[1:] for event in update["events"]]
    assert versions == list(range(seen[0]["version"] + 1, seen[-1]["version"] + 1))
    assert seen[-1]["store"]["status"] == "DELETED"
