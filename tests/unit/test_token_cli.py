"""``python -m app token …``: what is printed, what is stored, and what the audit log says of it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli.main import cli
from provisioner.storage.tokens import digest


class CommandLine:
    """The command line, with a database of its own."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def run(self, *arguments: str, group: str = "token", stdin: str = "") -> tuple[int, str]:
        environment = {"STORE_PLATFORM_DATABASE_URL": f"sqlite:///{self._file}"}
        done = CliRunner().invoke(cli, [group, *arguments], env=environment, input=stdin)
        return done.exit_code, done.output.strip()

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._file)) as connection:
            return connection.execute(statement).fetchall()

    def write(self, statement: str, *values: str) -> None:
        with closing(sqlite3.connect(self._file)) as connection, connection:
            connection.execute(statement, values)


@pytest.fixture
def command_line(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "platform.db")


TOKENS = (
    "SELECT owner, role, description, digest, revoked_at IS NOT NULL FROM tokens ORDER BY owner"
)
AUDIT = "SELECT actor, address, action, outcome, arguments FROM audit ORDER BY id"


def test_what_others_wrote_has_no_effect_on_the_terminal(command_line: CommandLine) -> None:
    assert command_line.run("create", "ada")[0] == 0
    command_line.write("UPDATE tokens SET description = ?", "\x1b[2J\u202e\x9b")
    _, line = command_line.run("list")[1].splitlines()
    assert line.endswith(r"  \x1b[2J\u202e\x9b")


def test_create_list_and_revoke(command_line: CommandLine) -> None:
    code, secret = command_line.run("create", "ada", "--role", "viewer", "--description", "a job")
    assert code == 0
    assert command_line.rows(TOKENS) == [("ada", "VIEWER", "a job", digest(secret), 0)]

    code, listed = command_line.run("list")
    head, line = listed.splitlines()
    assert head.split() == [
        "ID", "OWNER", "ROLE", "CREATED", "EXPIRES", "LAST", "USED", "REVOKED", "MADE", "BY",
        "FOR",
    ]  # fmt: skip
    token_id, owner, role, *_ = line.split()
    assert (owner, role, secret in listed) == ("ada", "viewer", False)

    assert command_line.run("revoke", f"token_{token_id}") == (0, "1 revoked.")
    assert command_line.rows(TOKENS)[0][-1] == 1
    assert token_id not in command_line.run("list")[1]
    assert token_id in command_line.run("list", "--revoked")[1]
    assert command_line.rows(AUDIT) == [
        ("command line", "local", "createToken", "ACCEPTED",
         '{"owner": "ada", "role": "VIEWER", "description": "a job"}'),
        ("command line", "local", "revokeToken", "ACCEPTED", f'{{"id": "token_{token_id}"}}'),
    ]  # fmt: skip


def test_all_of_an_owner(command_line: CommandLine) -> None:
    for owner in ("ada", "ada", "bob"):
        command_line.run("create", owner)
    assert command_line.run("revoke", "--owner", "ada") == (0, "2 revoked.")
    assert [(row[0], row[-1]) for row in command_line.rows(TOKENS)] == [
        ("ada", 1), ("ada", 1), ("bob", 0),
    ]  # fmt: skip


def test_an_owner_of_an_issuer_is_another(command_line: CommandLine) -> None:
    command_line.run("create", "ada")
    theirs = ("--owner", "ada", "--source", "https://issuer.example")
    assert "ada" not in command_line.run("list", *theirs)[1]
    assert command_line.run("revoke", *theirs) == (0, "0 revoked.")
    assert [row[-1] for row in command_line.rows(TOKENS)] == [0]


OWNERS = "SELECT owner_source, owner FROM tokens"
MOVES = "SELECT actor_source, actor, arguments FROM audit WHERE action = 'moveOwner'"


def test_an_owner_is_moved(command_line: CommandLine) -> None:
    command_line.run("create", "ann")
    assert command_line.run("list", group="owner") == (0, "local  ann  0 stores, 1 tokens")
    moved = command_line.run(
        "move", "ann", "00u1", "--new-source", "https://issuer.example", group="owner"
    )
    assert moved == (0, "Moved: 0 stores, 1 tokens.")
    assert command_line.rows(OWNERS) == [("https://issuer.example", "00u1")]
    ((source, actor, arguments),) = command_line.rows(MOVES)
    assert (source, actor, json.loads(arguments)) == ("command line", "command line", {
        "from": {"owner_source": "local", "owner": "ann"},
        "to": {"owner_source": "https://issuer.example", "owner": "00u1"},
    })  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nobody", "ann"), "nobody (local) owns nothing"),
        (("ann", "ann"), "NEW-OWNER must be another"),
        (("ann", " x"), "NEW-OWNER must be another"),
        (("ann", "x", "--new-source", "somewhere"), "--new-source must be `local` or the URL"),
        (("ann", "x", "--new-source", "issuer"), "--new-source must be `local` or the URL"),
    ],
)
def test_an_owner_is_not_moved(
    command_line: CommandLine, arguments: tuple[str, ...], says: str
) -> None:
    command_line.run("create", "ann")
    code, output = command_line.run("move", *arguments, group="owner")
    assert (code, output.startswith(says)) == (2, True), output
    assert command_line.rows(OWNERS) == [("local", "ann")]
    assert command_line.rows(MOVES) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("create", "ada", "--expires-in-days", "0"), "Let it expire after 1 to 3650 days"),
        (("create", ""), "An owner's name has 1 to 128 printable characters"),
        (("revoke",), "Name either one token's id (see `token list`) or an --owner."),
        (("revoke", "x", "--owner", "ada"), "Name either one token's id"),
        (("revoke", "unknown"), "There is no such token"),
    ],
)
def test_refused(command_line: CommandLine, arguments: tuple[str, ...], says: str) -> None:
    command_line.run("create", "bob")
    before = command_line.rows(TOKENS), command_line.rows(AUDIT)
    code, output = command_line.run(*arguments)
    assert code == 2
    assert output.startswith(says)
    assert (command_line.rows(TOKENS), command_line.rows(AUDIT)) == before


PAGE = "http://127.0.0.1:8080/"
CODES = (
    "SELECT digest, token_id, session_seconds / 86400, (expires_at - created_at) / 60000000"
    " FROM sign_in_codes ORDER BY digest"
)


def test_links_to_several_pages(command_line: CommandLine) -> None:
    _, secret = command_line.run("create", "ada")
    ((token_id,),) = command_line.rows("SELECT id FROM tokens")
    pages = (PAGE, PAGE + "graphiql")
    code, output = command_line.run(
        "link", *pages, "--minutes", "60", "--session-days", "30", stdin=secret + "\n"
    )
    links = [line.partition("#code=") for line in output.splitlines()]
    assert (code, tuple(page for page, _, _ in links)) == (0, pages)
    assert command_line.rows(CODES) == sorted(
        (digest(given), token_id, 30, 60) for _, _, given in links
    )
    assert [row[2:] for row in command_line.rows(AUDIT)[1:]] == [
        ("createSignInCode", "ACCEPTED", f'{{"id": "token_{token_id}"}}')
    ] * 2


def test_a_link_by_a_tokens_id(command_line: CommandLine) -> None:
    command_line.run("create", "ada")
    ((token_id,),) = command_line.rows("SELECT id FROM tokens")
    assert command_line.run("link", PAGE, "--token-id", f"token_{token_id}")[0] == 0
    assert [row[1:] for row in command_line.rows(CODES)] == [(token_id, 7, 10)]


@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        ((PAGE,), "", "There is no such token"),
        ((PAGE,), "sp_unknown", "There is no such token"),
        ((PAGE, "--token-id", "unknown"), "", "There is no such token"),
        ((PAGE, "--token-id", "REVOKED"), "", "TOKEN_REVOKED: nobody can sign in with this token"),
        (("javascript:alert(1)", "--token-id", "LIVE"), "", "'javascript:alert(1)' is no page"),
        ((PAGE, PAGE + "#a", "--token-id", "LIVE"), "", "'http://127.0.0.1:8080/#a' is no page"),
    ],
)
def test_no_link(
    command_line: CommandLine, arguments: tuple[str, ...], stdin: str, says: str
) -> None:
    for name in ("LIVE", "REVOKED"):
        command_line.run("create", name)
    ids = dict(command_line.rows("SELECT owner, id FROM tokens"))
    command_line.run("revoke", ids["REVOKED"])
    before = command_line.rows(AUDIT)
    code, output = command_line.run("link", *(ids.get(a, a) for a in arguments), stdin=stdin)
    assert code == 2
    assert output.startswith(says)
    assert (command_line.rows(CODES), command_line.rows(AUDIT)) == ([], before)
