"""A backup of a shop of Medusa and its restore, beside the bare tools.

The charts' own scripts are run as the pods run them, without the pods: ``dump`` and ``save``, then
``fetch`` and ``load``, with real PostgreSQL and restic, and restic's server on this machine. The
bare tools are what one would type: pg_dump and ``restic backup``, then ``restic restore`` and
pg_restore, with the cache that restic keeps by itself. Both back up the same database and pictures,
each into a new repository at the same server, and both restore into an empty database and folder.
PostgreSQL is the tests' own, which does not wait for its disk.

The scripts do what the bare tools do not: ``save`` looks whether the repository can be opened,
unlocked and written to, which says what is wrong in words for people, and reads the dump back;
``fetch`` looks too, and fetches the dump and the files apart; ``load`` leads every link in every
table to the new address. Each call of restic derives the repository's key anew, which is made to
take up to half a second: a shop that is small, or has not changed, pays the most in proportion.
Hence what a backup may take: twice as long as the bare tools the first time, three times when
nothing has changed and restic has next to nothing to do, and a restore twice as long. For room
there is no such reason. The first backup may take a twentieth more, since restic packs the dump and
not pg_dump. The second one may take no more than the bare one: the dump is not compressed by
pg_dump just so that restic finds again what it has.

For each repository restic chooses anew how long the key takes, by how fast the machine is just
then, and where it cuts what it saves, by chance. So rounds differ more here than elsewhere.
"""

import asyncio
import json
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from app.local.cluster.progress import ticking
from tests.bench.ground import Ground
from tests.bench.report import Figure
from tests.images.backup_pod import ACCOUNT_PASSWORD, SCRIPTS, Pod
from tests.images.backup_pod import PASSWORD as REPOSITORY_PASSWORD
from tests.images.rest_server import RestServer
from tests.postgres import PASSWORD, USER, PostgresServer

_SHOP = Path(__file__).with_name("shop.sql")
_OLD_URL, _NEW_URL = "http://old.test:8080", "http://new.test"  # the old one is that of shop.sql
_PRODUCTS = 1000
_PICTURE_BYTES = 50_000  # of one for each product
_COUNTS = {"orders": 1000, "products": _PRODUCTS}
_OF = "backup, 1,000 products, 1,000 orders, 50 MB"
_FIRST, _AGAIN, _RESTORE = 2.0, 3.0, 2.0
_FIRST_BYTES, _AGAIN_BYTES = 1.05, 1.0
_COUNT = 'SELECT (SELECT count(*) FROM "order"), (SELECT count(*) FROM product)'
_OLD_LINKS = f"SELECT count(*) FROM image WHERE strpos(url, '{_OLD_URL}/') > 0"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Cost:
    """What a backup or a restore took: the seconds of its parts, and the room at the server."""

    parts: Mapping[str, float]
    added_bytes: int = 0

    @property
    def seconds(self) -> float:
        return sum(self.parts.values())

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in self.parts.items())
        return f"{self.seconds:.1f} s ({parts})"


@dataclass(frozen=True, slots=True)
class Place:
    """One of the two repositories, and the pod whose files it has."""

    pod: Pod
    repository: Path

    @classmethod
    def made(cls, folder: Path, server: RestServer, environment: Mapping[str, str]) -> "Place":
        folder.mkdir()
        name = folder.name
        server.add_account(name, ACCOUNT_PASSWORD)
        access = {
            "RESTIC_REPOSITORY": f"rest:http://127.0.0.1:{server.port}/{name}/",
            "RESTIC_PASSWORD": REPOSITORY_PASSWORD,
            "RESTIC_REST_USERNAME": name, "RESTIC_REST_PASSWORD": ACCOUNT_PASSWORD,
        }  # fmt: skip
        return cls(Pod.made(folder, {**environment, **access}), server.data / name)

    def backed_up(self, **parts: Callable[[], object]) -> Cost:
        before = self._bytes()
        cost = _timed(**parts)
        return replace(cost, added_bytes=self._bytes() - before)

    def restoring(self, folder: Path, database: str) -> Pod:
        """Return another pod, with nothing in it, that restores into a database."""
        folder.mkdir()
        environment = {**self.pod.environment, "PGDATABASE": database}
        del environment["FILES_FOLDER"]
        return Pod.made(folder, environment)

    def _bytes(self) -> int:
        return sum(file.stat().st_size for file in self.repository.rglob("*") if file.is_file())


async def measure(ground: Ground) -> list[Figure]:
    """Return what a backup, one more, and a restore take; none of it needs the cluster."""
    with ticking("backup: a shop's backups and restores"):
        return await asyncio.to_thread(_measure, ground.folder)


def _measure(parent: Path) -> list[Figure]:
    with tempfile.TemporaryDirectory(dir=parent) as made, PostgresServer() as postgres:
        folder = Path(made)
        _make_pictures(folder / "files" / "static")
        with postgres.database() as shop, RestServer(folder) as server:
            postgres.execute(_SHOP.read_text(), shop)
            postgres.execute("VACUUM ANALYZE", shop)  # or the first to read it would write, too
            environment = {
                "PATH": f"{postgres.programs}{os.pathsep}{os.environ['PATH']}",
                "PGHOST": "127.0.0.1", "PGPORT": str(postgres.port), "PGDATABASE": shop,
                "PGUSER": USER, "PGPASSWORD": PASSWORD, "FILES_FOLDER": str(folder / "files"),
            }  # fmt: skip
            ours, bare = (Place.made(folder / n, server, environment) for n in ("ours", "bare"))
            server.look_again()
            server.wait_for("Reloaded htpasswd file")
            first = _back_up(ours), _back_up_bare(bare, "init", "backup")
            again = _back_up(ours), _back_up_bare(bare, "backup")
            restored = _restore(ours, postgres), _restore_bare(bare, postgres)
    return [
        _time("the first", *first, _FIRST),
        _room("the first, room", *first, _FIRST_BYTES),
        _time("another, nothing changed", *again, _AGAIN),
        _room("another, room", *again, _AGAIN_BYTES),
        _time("restored", *restored, _RESTORE),
    ]


def _make_pictures(folder: Path) -> None:
    """Make what nobody can compress, the same at each run."""
    folder.mkdir(parents=True)
    source = random.Random(1)  # noqa: S311 - not for secrets
    for number in range(1, _PRODUCTS + 1):
        (folder / f"{number}.jpg").write_bytes(source.randbytes(_PICTURE_BYTES))


def _back_up(place: Place) -> Cost:
    cost = place.backed_up(
        dump=lambda: _script(place.pod, "dump"), save=lambda: _script(place.pod, "save")
    )
    assert json.loads((place.pod.backup / "manifest.json").read_text()) == _COUNTS
    return cost


def _back_up_bare(place: Place, *commands: str) -> Cost:
    dump = place.pod.backup / "database.dump"
    what = {"init": (), "backup": (str(dump), place.pod.environment["FILES_FOLDER"])}

    def restic() -> None:
        for command in commands:
            _run(place.pod, "restic", command, *what[command])

    return place.backed_up(
        pg_dump=lambda: _run(place.pod, "pg_dump", "--format=custom", f"--file={dump}"),
        restic=restic,
    )


def _restore(place: Place, postgres: PostgresServer) -> Cost:
    saved = place.pod
    with postgres.database() as database:
        pod = place.restoring(saved.folder.with_name("ours-restored"), database)
        more = {
            "SNAPSHOT": json.loads(saved.message)["snapshot_id"],
            "SAVED_BACKUP_FOLDER": str(saved.backup),
            "SAVED_FILES_FOLDER": saved.environment["FILES_FOLDER"],
            "OLD_URL": _OLD_URL, "SHOP_URL": _NEW_URL,
        }  # fmt: skip
        cost = _timed(
            fetch=lambda: _script(pod, "fetch", **more), load=lambda: _script(pod, "load", **more)
        )
        assert json.loads(pod.message) == _COUNTS
        assert _asked(pod, _OLD_LINKS) == "0"
        _look_for_pictures(pod.files)
    return cost


def _restore_bare(place: Place, postgres: PostgresServer) -> Cost:
    with postgres.database() as database:
        pod = place.restoring(place.pod.folder.with_name("bare-restored"), database)
        target = pod.folder / "target"
        dump = target / str(place.pod.backup / "database.dump")[1:]
        cost = _timed(
            restic=lambda: _run(pod, "restic", "restore", "latest", f"--target={target}"),
            pg_restore=lambda: _run(pod, "pg_restore", f"--dbname={database}", str(dump)),
        )
        assert _asked(pod, _COUNT) == "|".join(map(str, _COUNTS.values()))
        _look_for_pictures(target / place.pod.environment["FILES_FOLDER"][1:])
    return cost


def _timed(**parts: Callable[[], object]) -> Cost:
    taken = {}
    os.sync()  # or they would wait for what was written before them
    for name, work in parts.items():
        began = time.monotonic()
        work()
        taken[name] = time.monotonic() - began
    return Cost(taken)


def _script(pod: Pod, name: str, **more: str) -> None:
    code = pod.run(SCRIPTS["medusa", name], **more)
    assert code == 0, pod.message


def _run(pod: Pod, *command: str) -> str:
    done = subprocess.run(
        command, env=pod.all_environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _asked(pod: Pod, query: str) -> str:
    return _run(pod, "psql", "--no-psqlrc", "--no-align", "--tuples-only", "-c", query).strip()


def _look_for_pictures(files: Path) -> None:
    found = [file.stat().st_size for file in (files / "static").iterdir()]
    assert found == [_PICTURE_BYTES] * _PRODUCTS


def _time(name: str, ours: Cost, bare: Cost, goal: float) -> Figure:
    ratio = ours.seconds / bare.seconds
    return Figure(
        f"{_OF}: {name}", str(ours), str(bare), f"{ratio:.2f} x", f"<= {goal:g} x", ratio / goal
    )


def _room(name: str, ours: Cost, bare: Cost, goal: float) -> Figure:
    ratio = ours.added_bytes / bare.added_bytes
    mine, theirs = (f"{cost.added_bytes / 1e6:.2f} MB" for cost in (ours, bare))
    return Figure(f"{_OF}: {name}", mine, theirs, f"{ratio:.3f} x", f"<= {goal:g} x", ratio / goal)
