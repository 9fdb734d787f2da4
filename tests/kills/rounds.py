"""The rounds: a shop sells and is saved, and sometimes restored, while something is killed.

What is killed, and when, is drawn from a seeded generator; what it meets depends on the moment.
After each round it is looked whether what was reported is true.
"""

import json
import random
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.local.cluster.progress import say
from provisioner.reconcile.backup_report import DUMP, SAVE, saved_of
from provisioner.reconcile.restoring import FETCH, LOAD
from tests.images.backup_pod import ACCOUNT, ACCOUNT_PASSWORD, PASSWORD, SCRIPTS, Pod
from tests.images.removals import ID_LENGTH, until
from tests.images.rest_server import RestServer
from tests.kills.databases import NEW_URL, OLD_URL, Databases, State
from tests.kills.jobs import Dice, Job, Try, Victim
from tests.kills.shop import Contents, Shop, digests

COUNTS = ("orders", "products")
_RESTORES = 0.4
"""The share of the rounds in which the newest backup is restored."""


@dataclass(frozen=True)
class Reported:
    """A backup that was reported as made, and what the shop had then."""

    snapshot: str
    contents: Contents
    dumped: Mapping[str, str]


class Rounds:
    """A shop, its backups, and what has become of them."""

    def __init__(self, folder: Path, databases: Databases, server: RestServer, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a test's dice
        self.dice = Dice(self.random)
        self.reported: list[Reported] = []
        self.counted: Counter[str] = Counter()
        self.kills: Counter[tuple[Victim, str]] = Counter()
        self._folder = folder
        self._databases = databases
        self._server = server
        self._environment = {
            "RESTIC_REPOSITORY": f"rest:http://127.0.0.1:{server.port}/{ACCOUNT}/",
            "RESTIC_PASSWORD": PASSWORD, "RESTIC_REST_USERNAME": ACCOUNT,
            "RESTIC_REST_PASSWORD": ACCOUNT_PASSWORD,
        }  # fmt: skip
        self._restore_seconds = 0.0

    def run(self, rounds: int) -> None:
        """Measure an undisturbed backup and restore, go through the rounds, and look at the end."""
        with self._databases.new() as database:
            pod = self._pod("backup", database)
            self._shop = Shop(pod, self._databases, database, self.random)
            self._backups = self._job(pod, DUMP, SAVE)
            self._shop.open()
            self._back_up(None)
            self._restore(None)
            for number in range(1, rounds + 1):
                self._round(number)
                if number % 10 == 0:
                    say(f"  {number} rounds: {self.summary}")
            self._inspect_the_end()

    @property
    def summary(self) -> str:
        """How much there was of everything."""
        told = ", ".join(f"{number} {name}" for name, number in sorted(self.counted.items()))
        return f"{self.kills.total()} kills, {told}"

    @property
    def kills_told(self) -> list[str]:
        """A line for each thing that was killed, and what ran then."""
        return [
            f"{number:4} kill -9 of the {victim} during {what}"
            for (victim, what), number in sorted(self.kills.items())
        ]

    def _round(self, number: int) -> None:
        self._shop.sell(number)
        before = len(self.reported)
        self._back_up(self.dice)
        self._inspect_snapshots(self._files_of_snapshots)
        if self.random.random() < _RESTORES:
            self._restore(self.dice)  # and everything in it is looked at
        else:
            for backup in self.reported[before:]:
                self._inspect_whole(backup)

    def _back_up(self, dice: Dice | None) -> None:
        """Have a backup made, and note it if it is reported."""
        for tried in self._backups.run(dice):
            _inspect_try(tried)
            if tried.has_succeeded:
                saved = saved_of(tried.ended, COUNTS)
                contents = self._shop.contents()
                assert saved.counts == contents.counts
                dumped = digests(self._shop.pod.backup)
                self.reported.append(Reported(saved.snapshot, contents, dumped))
                self.counted["backups reported"] += 1
                return
        self.counted["backups failed"] += 1

    def _restore(self, dice: Dice | None) -> None:
        """Restore the newest backup into an empty shop; a Job that has failed is run once more."""
        backup = self.reported[-1]
        with self._empty_shop(backup.snapshot) as (job, database):
            is_done = self._is_restored(job, database, backup, dice)
            self.counted["restores" if is_done else "restores failed"] += 1
            if not is_done:
                assert self._is_restored(job, database, backup, None)
                self.counted["restores retried"] += 1

    @contextmanager
    def _empty_shop(self, snapshot: str) -> Iterator[tuple[Job, str]]:
        """Give a Job that restores a backup, and the database into which it does."""
        with self._databases.new() as database:
            pod = self._pod(
                "restore", database, SNAPSHOT=snapshot, OLD_URL=OLD_URL, SHOP_URL=NEW_URL,
                SAVED_BACKUP_FOLDER=str(self._shop.pod.backup),
                SAVED_FILES_FOLDER=str(self._shop.pod.files),
            )  # fmt: skip
            job = self._job(pod, FETCH, LOAD)
            job.seconds = self._restore_seconds
            yield job, database
            self._restore_seconds = job.seconds
            shutil.rmtree(pod.folder)

    def _is_restored(self, job: Job, database: str, backup: Reported, dice: Dice | None) -> bool:
        for tried in job.run(dice):
            _inspect_try(tried)
            self._inspect_database(database, backup, is_loaded=tried.has_succeeded)
            said = tried.ended[LOAD].message if LOAD in tried.ended else ""
            # One that was killed after its last word has said nothing wrong either
            if tried.has_succeeded or (said and tried.killed is Victim.POD):
                assert json.loads(said) == backup.contents.counts
            if tried.has_succeeded:
                assert digests(job.pod.files) == backup.contents.files
                return True
        return False

    def _inspect_database(self, name: str, backup: Reported, *, is_loaded: bool) -> None:
        """Look that a shop's database is whole, or known not to be, once nobody works in it."""
        databases = self._databases
        until(lambda: databases.is_quiet(name))
        state = databases.state(name)
        assert state is not State.TAKEN
        if is_loaded or state is State.LOADED:
            assert state is State.LOADED
            assert databases.counts(name) == backup.contents.counts
            assert databases.rows(name) == backup.contents.rows

    def _inspect_snapshots(self, ids: set[str]) -> None:
        missing = {backup.snapshot for backup in self.reported} - ids
        assert missing == set(), "backups that were reported are not there"
        self.counted["snapshots that no Job has reported"] = len(ids) - len(self.reported)

    @property
    def _files_of_snapshots(self) -> set[str]:
        """The names of the snapshots' files, which are their ids; restic takes longer to tell."""
        found = (self._server.data / ACCOUNT / "snapshots").iterdir()
        return {file.name for file in found if len(file.name) == ID_LENGTH}

    def _inspect_whole(self, backup: Reported) -> None:
        """Look that everything that a backup is to have can be had of it."""
        pod, target = self._shop.pod, self._folder / "target"
        done = pod.restic("restore", backup.snapshot, "--no-lock", "--target", str(target))
        assert done.returncode == 0, done.stderr
        dumped, files = (target / str(folder)[1:] for folder in (pod.backup, pod.files))
        assert json.loads((dumped / "manifest.json").read_text()) == backup.contents.counts
        assert digests(dumped) == backup.dumped
        assert digests(files) == backup.contents.files
        shutil.rmtree(target)

    def _inspect_the_end(self) -> None:
        """Look that nothing hinders another backup, and that all there is can still be read."""
        self._back_up(None)
        self._inspect_snapshots({snapshot["id"] for snapshot in self._shop.pod.snapshots()})
        # Without a lock: for half an hour there are those of pods that were killed.
        done = self._shop.pod.restic("check", "--read-data", "--no-lock")
        assert done.returncode == 0, done.stderr

    def _pod(self, name: str, database: str, **more: str) -> Pod:
        folder = self._folder / name
        folder.mkdir()
        environment = {**self._databases.environment(database), **self._environment, **more}
        secrets = (self._databases.secret, PASSWORD, ACCOUNT_PASSWORD)
        return Pod.made(folder, environment, secrets)

    def _job(self, pod: Pod, *containers: str) -> Job:
        scripts = {name: SCRIPTS[self._databases.engine, name] for name in containers}
        return Job(pod, scripts, self._server, kills=self.kills)


def _inspect_try(tried: Try) -> None:
    """Look that a pod was not killed and yet a success, and that no kill hinders a later pod."""
    told: dict[str, Any] = {name: end.message for name, end in tried.ended.items()}
    if tried.killed is Victim.POD:
        assert not tried.has_succeeded, told
    elif tried.killed is None:
        assert tried.has_succeeded, told
    elif tried.killed is Victim.SERVER and not tried.has_succeeded:
        # It says why. A program that was killed may be the one that writes that: then there is the
        # end of the log, and a reason of the platform's own.
        assert list(tried.ended.values())[-1].message, told
