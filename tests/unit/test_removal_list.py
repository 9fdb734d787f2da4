"""The list of what is to be removed: as the CronJob reads it, and as it is read back."""

from datetime import UTC, datetime

from provisioner.domain.backups import BackupSettings
from provisioner.reconcile.removal_list import RemovalList, lines_of, parse, render
from provisioner.storage.backup_removals import Removal

NOW = datetime(2026, 6, 2, 12, 0, 7, 250_000, tzinfo=UTC)
SETTINGS = BackupSettings(
    repository="rest:http://backups:8000", key="k" * 32, accounts=None, port=8000, interval=None
)
ONE, TWO = "1" * 64, "2" * 64


def test_a_line_for_each_repository() -> None:
    lines = lines_of(
        [Removal("aaa", [ONE, TWO], is_whole=False), Removal("bbb", [ONE], is_whole=True)], SETTINGS
    )
    text = render(lines, NOW)
    assert text.splitlines() == [
        "# written 2026-06-02T12:00:07.250000+00:00",
        f"aaa {SETTINGS.repository_password('aaa')} {ONE} {TWO}",
        "bbb - all",
    ]
    assert text.endswith("\n")
    assert parse(text) == (
        RemovalList(NOW, {"aaa": frozenset({ONE, TWO}), "bbb": None}), lines,
    )  # fmt: skip


def test_what_a_run_of_it_removes() -> None:
    written = RemovalList(NOW, {"aaa": frozenset({ONE}), "bbb": None})
    assert written.removes("aaa", ONE)
    assert not written.removes("aaa", TWO)
    assert written.removes("bbb", TWO)
    assert not written.removes("ccc", ONE)


def test_an_empty_secret_has_no_list() -> None:
    assert parse("") == (None, [])
    assert parse(render([], NOW)) == (RemovalList(NOW, {}), [])


def test_what_does_not_fit_is_left_for_later() -> None:
    removals = [Removal(f"{n:032x}", [ONE] * 20, is_whole=False) for n in range(1000)]
    lines = lines_of(removals, SETTINGS)
    assert 400 < len(lines) < 1000
    assert len(render(lines, NOW)) < 1024 * 1024 * 3 / 4  # as base64 it fits too
    assert [line.split()[0] for line in lines] == [r.store_id for r in removals[: len(lines)]]
