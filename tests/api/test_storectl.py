"""storectl against a service whose cluster is away: what needs no store to be built."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.api.conftest import Records, running_service
from tests.e2e.service import Service
from tests.e2e.storectl import Storectl


@pytest.fixture(scope="module")
def token(api_process: Service) -> str:
    return api_process.token("anna")


@pytest.fixture
def nobody(api: Service, tmp_path: Path) -> Storectl:
    """Nobody yet: to sign in."""
    return Storectl(tmp_path, api)


@pytest.fixture
def storectl(api: Service, tmp_path: Path, token: str) -> Storectl:
    """Anna's."""
    return Storectl(tmp_path, api, token)


def test_signing_in_and_out(api: Service, nobody: Storectl, token: str) -> None:
    refused = (3, "You are not signed in. Run `storectl login` first.")
    assert nobody.fails("whoami") == refused

    said = nobody.sign_in(token)

    assert f"Signed in to {api.url} as anna (operator)." in said
    assert nobody.ok("whoami").startswith(f"anna (operator) at {api.url}\nStores: 0")
    who = nobody.json("whoami")
    assert {key: who[key] for key in ("name", "role")} == {"name": "anna", "role": "OPERATOR"}
    assert nobody.ok("logout") == "Signed out.\n"
    assert nobody.fails("list") == refused


def test_a_token_that_is_typed_is_not_shown(api: Service, nobody: Storectl, token: str) -> None:
    code, shown = nobody.on_a_terminal("login", api.url, typed=token)
    assert code == 0, shown
    assert shown.startswith("Token: ")
    assert f"Signed in to {api.url} as anna (operator)." in shown
    assert token not in shown


def test_a_token_that_is_not_valid_is_not_kept(api: Service, nobody: Storectl) -> None:
    code, said = nobody.fails("login", api.url, "--token-stdin", given="sp_wrong\n")
    assert (code, said) == (
        3, "The token is not valid, or no longer valid. Run `storectl login` with another token.",
    )  # fmt: skip
    assert list(nobody.home.rglob("*.json")) == []


def test_nobody_to_ask_for_a_token(api: Service, nobody: Storectl) -> None:
    code, said = nobody.fails("login", api.url)
    assert code == 2
    assert "Pipe one in with --token-stdin, or set STORE_PLATFORM_TOKEN." in said


def test_nothing_answers(nobody: Storectl) -> None:
    code, said = nobody.fails("login", "http://127.0.0.1:9", "--token-stdin", given="sp_x\n")
    assert code == 4
    assert said.startswith("The platform at http://127.0.0.1:9 cannot be reached: ")


def test_an_output_that_is_full_or_closed(storectl: Storectl) -> None:
    for command in (["whoami"], ["whoami", "--json"], ["--help"]):
        with Path("/dev/full").open("w") as full:
            done = storectl.start(*command, stdout=full)
            _, said = done.communicate(timeout=60)
        assert (done.returncode, said) == (
            6, "The output cannot be written: No space left on device.\n",
        )  # fmt: skip
    for command in (["whoami"], ["whoami", "--json"]):
        reading, writing = os.pipe()
        os.close(reading)
        done = storectl.start(*command, stdout=writing)
        os.close(writing)
        assert (done.communicate(timeout=60)[1], done.returncode) == ("", 141)


def test_a_terminal_that_knows_ascii_alone(storectl: Storectl) -> None:
    storectl.ok("create", "my-shop", "--engine", "woocommerce")
    ascii_only = replace(storectl, more={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
    said = ascii_only.ok("tokens", "create", "--description", "für ✓").strip()
    assert said.startswith("sp_")
    assert "f\\xfcr +" in ascii_only.ok("tokens", "list")
    code, shown = ascii_only.on_a_terminal("status", "my-shop", "--watch", stop_at="QUEUED")
    assert code == 130
    assert "Traceback" not in shown
    assert shown.isascii()


def test_ctrl_c_at_a_question(api: Service, storectl: Storectl, nobody: Storectl) -> None:
    storectl.ok("create", "my-shop", "--engine", "woocommerce")
    for who, *command in ((nobody, "login", api.url), (storectl, "delete", "my-shop")):
        code, shown = who.on_a_terminal(*command, stop_at=": ")
        assert (code, "Traceback" in shown) == (130, False), shown
    assert storectl.json("status", "my-shop")["target"] == "READY"


def test_create_list_status_and_delete(api: Service, storectl: Storectl) -> None:
    assert "There are no such stores." in storectl.ok("list")
    made = storectl.json("create", "my-shop", "--engine", "woocommerce")
    assert (made["name"], made["status"]) == ("my-shop", "QUEUED")
    assert "b-shop is asked for." in storectl.ok("create", "b-shop", "--engine", "woocommerce")
    listed = storectl.json("list")
    assert [store["name"] for store in listed] == ["b-shop", "my-shop"]
    table = storectl.ok("list", "--name", "my-").splitlines()
    assert table[0].split("  ")[0] == "NAME"
    assert [line.split()[0] for line in table[1:]] == ["my-shop"]
    by_name, by_id = storectl.json("status", "my-shop"), storectl.json("status", made["id"])
    assert by_name == by_id
    assert "my-shop is QUEUED." in storectl.ok("status", "my-shop")
    assert "QUEUED" in storectl.ok("logs", "my-shop")
    for command, words in (("open", "my-shop is QUEUED, so"), ("password", "There is no password")):
        code, told = storectl.fails(command, "my-shop")
        assert code == 1
        assert told.startswith(words)
    assert storectl.json("logs", "my-shop")["events"][0]["version"] == 1

    (created,) = storectl.json("history", "my-shop")
    assert (created["kind"], created["status"], created["askedBy"]) == ("CREATE", "QUEUED", "anna")

    assert storectl.json("delete", "my-shop", "--yes")["id"] == made["id"]
    heads, deletion, creation = storectl.ok("history", made["id"]).splitlines()
    assert heads.split() == ["NUMBER", "WHAT", "STATUS", "ASKED", "BY", "WHEN", "TOOK", "REASON"]
    assert deletion.split()[:4] == ["2", "Delete", "QUEUED", "anna"]
    assert creation.split()[:4] == ["1", "Create", "CANCELLED", "anna"]
    assert api.execute(
        storectl.token, "query ($id: ID!) { store(id: $id) { target } }", id=made["id"]
    ) == {"store": {"target": "DELETED"}}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (
            ("create", "Not A Name", "--engine", "woocommerce"),
            1,
            "use lower-case letters a-z, digits and hyphens",
        ),
        (("create", "my-shop", "--engine", "nonsense"), 1, "There is no engine 'nonsense'"),
        (("status", "no-such-shop"), 5, "You have no store no-such-shop."),
        (("logs", "store_nonsense"), 5, "You have no store store_nonsense."),
        (("history", "no-such-shop"), 5, "You have no store no-such-shop."),
        (("backup", "no-such-shop"), 5, "You have no store no-such-shop."),
        (("backups", "store_nonsense"), 5, "You have no store store_nonsense."),
        (("open", "no-such-shop"), 5, "You have no store no-such-shop."),
        (("password", "no-such-shop"), 5, "You have no store no-such-shop."),
        (("delete", "no-such-shop", "--yes"), 5, "You have no store no-such-shop."),
        (("list", "--nonsense"), 2, "No such option"),
        (("list", "--status", "nonsense"), 2, "is not one of 'queued'"),
        ((), 2, "Usage: storectl"),
    ],
)
def test_refusals_and_exit_codes(
    storectl: Storectl,
    records: Callable[[], Records],
    arguments: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    before = records()

    done = storectl.run(*arguments)

    assert done.returncode == code, (done.stdout, done.stderr)
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert records() == before


def test_a_store_is_not_retried_or_deleted_by_mistake(
    storectl: Storectl, records: Callable[[], Records]
) -> None:
    storectl.ok("create", "my-shop", "--engine", "woocommerce")
    before = records()

    code, said = storectl.fails("retry", "my-shop")
    assert code == 1
    assert said.startswith("The store is being created (CREATE), and only one operation can be")
    code, said = storectl.fails("delete", "my-shop")
    assert (code, said) == (
        2, "There is no terminal to confirm this. Pass --yes to delete without it.",
    )  # fmt: skip
    assert records() == before


def test_where_backups_are_not_set_up(storectl: Storectl, records: Callable[[], Records]) -> None:
    storectl.ok("create", "my-shop", "--engine", "woocommerce")
    before = records()
    for more in ((), ("--watch",)):
        code, said = storectl.fails("backup", "my-shop", *more)
        assert code == 1
        assert said == (
            "The platform is not set up to keep backups. Ask its operator:"
            " docs/kubernetes.md says how."
        )
    assert records() == before
    assert storectl.ok("backups", "my-shop") == "There are no backups of my-shop.\n"
    assert storectl.json("backups", "my-shop") == []


def test_a_backup_is_asked_for_where_backups_are_set_up(tmp_path: Path) -> None:
    with running_service(tmp_path, **BACKUPS) as service:  # whose cluster is away, so it waits
        storectl = Storectl(tmp_path, service, service.token("anna"))
        storectl.ok("create", "my-shop", "--engine", "medusa")
        code, said = storectl.fails("backup", "my-shop")
        assert code == 1
        assert said.startswith("The store is being created (CREATE), and only one")

        become_ready(service)
        assert storectl.ok("backup", "my-shop") == (
            "A backup of my-shop is asked for. Once made, it is in: storectl backups my-shop\n"
        )

        code, said = storectl.fails("backup", "my-shop")
        assert code == 1
        assert said.startswith("A backup of the store is being made (BACKUP), and only one")
        backup, _ = storectl.json("history", "my-shop")
        assert (backup["kind"], backup["status"], backup["askedBy"]) == ("BACKUP", "QUEUED", "anna")
        assert [step["name"] for step in backup["steps"]] == ["REPOSITORY", "SAVE", "CHECK"]


BACKUPS = {
    "STORE_PLATFORM_BACKUP_REPOSITORY": "rest:http://127.0.0.1:9",
    "STORE_PLATFORM_BACKUP_KEY": "k" * 32,
    "STORE_PLATFORM_BACKUP_ACCOUNTS": "store-platform/accounts",
}


def become_ready(service: Service) -> None:
    """Record the creation of the only store as done."""
    service.sql("UPDATE operations SET status = 'SUCCEEDED', finished_at = queued_at RETURNING 1")
    service.sql("UPDATE stores SET status = 'READY', ready_at = created_at RETURNING 1")


def test_backups_newest_first(api: Service, storectl: Storectl) -> None:
    # Given two backups; the platform is away that could make them
    made = storectl.json("create", "my-shop", "--engine", "medusa")
    for number, size in ((2, 999), (3, 12_000_000_000)):
        add_backup(api, made["id"], number, size=size)

    heads, newest, oldest = storectl.ok("backups", "my-shop").splitlines()

    assert heads.split("  ")[0] == "NUMBER"
    assert " ".join(newest.split()) == (
        "3 1970-01-01 00:00:03 12.0 GB 3 orders, 1 products medusa 2.21"
    )
    assert oldest.split()[:5] == ["2", "1970-01-01", "00:00:02", "999", "bytes"]
    listed = storectl.json("backups", made["id"])
    assert [backup["number"] for backup in listed] == [3, 2]
    assert listed[0]["counts"] == [
        {"name": "orders", "number": 3}, {"name": "products", "number": 1},
    ]  # fmt: skip
    assert (listed[0]["sizeInBytes"], listed[0]["addedInBytes"]) == (12_000_000_000, 1)


def add_backup(api: Service, store_id: str, number: int, *, size: int) -> None:
    """Record a backup that was made in the second ``number`` of time."""
    api.sql(
        "INSERT INTO backups (store_id, number, snapshot, size, added, engine, engine_version,"
        " counts, made_at) VALUES (:store_id, :number, 'abc', :size, 1, 'medusa', '2.21',"
        " :counts, :made_at) RETURNING number",
        store_id=store_id.removeprefix("store_"), number=number, size=size,
        counts='{"orders": 3, "products": 1}', made_at=number * 1_000_000,
    )  # fmt: skip


def test_help_tells_the_exit_codes(storectl: Storectl) -> None:
    said = " ".join(storectl.ok("--help").split())
    for part in ("0 done", "3 not signed in", "4 the platform cannot be reached", "130 stopped"):
        assert part in said


def test_completion_knows_the_names(storectl: Storectl) -> None:
    storectl.ok("create", "my-shop", "--engine", "woocommerce")
    storectl.ok("create", "other-shop", "--engine", "woocommerce")
    completed = storectl.complete("storectl status my")
    assert completed == ["my-shop"]


def test_tokens_are_made_listed_and_revoked(api: Service, storectl: Storectl) -> None:
    made = storectl.run("tokens", "create", "--role", "viewer", "--description", "for the wall")
    secret = made.stdout.strip()
    assert secret.startswith("sp_")
    assert secret not in made.stderr
    token_id = made.stderr.strip().rpartition(" ")[2].rstrip(".")
    theirs = replace(storectl, token=secret)
    assert theirs.ok("whoami").startswith(f"anna (viewer) at {api.url}\n")
    (listed,) = [item for item in storectl.json("tokens", "list") if item["id"] == token_id]
    assert (listed["role"], listed["description"]) == ("VIEWER", "for the wall")
    assert secret not in storectl.ok("tokens", "list")
    code, said = theirs.fails("tokens", "create", "--role", "admin")
    assert code == 1
    assert said

    assert (
        storectl.ok("tokens", "revoke", token_id) == f"The token {token_id} of anna is revoked.\n"
    )

    assert theirs.fails("whoami")[0] == 3
    assert token_id not in {item["id"] for item in storectl.json("tokens", "list")}
    assert token_id in {item["id"] for item in storectl.json("tokens", "list", "--all")}


def test_a_watch_ends_when_its_token_is_revoked(storectl: Storectl) -> None:
    # Given somebody who watches with a token of their own
    storectl.ok("create", "my-shop", "--engine", "woocommerce")
    made = storectl.json("tokens", "create", "--role", "viewer")
    watching = replace(storectl, token=made["secret"]).start("status", "my-shop", "--watch")
    assert watching.stdout is not None
    assert watching.stdout.readline() == "my-shop is QUEUED.\n"

    # When it is revoked
    storectl.ok("tokens", "revoke", made["id"])
    _, said = watching.communicate(timeout=30)

    # Then the watch does not try to come back
    assert (watching.returncode, said) == (
        3, "The token is not valid, or no longer valid. Run `storectl login` with another token.\n",
    )  # fmt: skip
