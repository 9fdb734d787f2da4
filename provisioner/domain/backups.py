"""Backups of stores: what is recorded of each, and where they are kept."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

MAX_PINNED = 10
"""How many backups of a store can be pinned: nothing but a person ever removes them."""


MAX_CHECKS = 5
"""How many backups are checked at a time at most: each takes the room of a shop."""


@dataclass(frozen=True, slots=True)
class BackupCheck:
    """Whether a shop could be made of a backup, when that was last tried.

    ``store_id`` is the store that is made to see it, while that is under way; None otherwise.
    ``ended_at`` is when the last check was over; None if there was none since. ``fault`` says why
    no shop could be made; None if one could.
    """

    store_id: str | None = None
    ended_at: datetime | None = None
    fault: str | None = None


NEVER_CHECKED = BackupCheck()


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made and found complete; ``number`` is that of its operation.

    ``snapshot`` is restic's id of it. ``size`` is what was saved in all and ``added`` what of it
    the repository did not have yet, both in bytes. ``counts`` says how many of each thing are in
    it, such as orders. ``made_at`` is when it was complete. One that is pinned is never removed.
    """

    store_id: str
    number: int
    snapshot: str
    size: int
    added: int
    engine: str
    engine_version: str
    counts: Mapping[str, int]
    made_at: datetime
    is_pinned: bool = False
    check: BackupCheck = NEVER_CHECKED


@dataclass(frozen=True, slots=True)
class RestoreSource:
    """The backup that a store is made from, with what has to be known of it; see ``Backup``.

    It is kept with the new store, so that the records of the other one are not needed any more.
    ``url`` is the address that the other shop has had, and ``admin_user`` the log-in name of its
    administrator, which is the new shop's too: the accounts are in the backup. ``engine_version``
    is None in what older versions of the platform recorded.
    """

    store_id: str
    number: int
    snapshot: str
    url: str
    admin_user: str
    counts: Mapping[str, int]
    engine_version: str | None = None


class RestoreStage(StrEnum):
    """How far the restore of a backup in place of a shop has come."""

    SAVING = "SAVING"  # the shop is as it was, and is being saved
    PREPARED = "PREPARED"  # nothing is restored, unless the upgrade of the shop fails
    REMOVING = "REMOVING"  # the shop as it was is being removed
    LOADING = "LOADING"  # it is gone, and the store is made from the backup


@dataclass(frozen=True, slots=True)
class InPlaceRestore:
    """The restore of a backup in place of the shop that a store has.

    ``former`` is the backup of the shop as it was, which is restored again when ``source`` cannot
    be; None while there is none.
    """

    source: RestoreSource
    stage: RestoreStage
    former: RestoreSource | None = None

    @property
    def way_back(self) -> RestoreSource | None:
        """The backup that brings the shop back as it was, if what is done now fails."""
        if self.stage is RestoreStage.PREPARED:
            return self.source
        return self.former if self.stage is RestoreStage.LOADING else None


@dataclass(frozen=True, slots=True)
class Saved:
    """What the Job of a backup has saved; see ``Backup``."""

    snapshot: str
    size: int
    added: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Keep:
    """How long backups are kept. Periods are in UTC.

    ``recent``: in what time up to the newest one all are kept.
    ``days``, ``weeks``, ``months``: of how many of these that have a backup the newest is kept.
    ``deleted``: how long all backups of a deleted store are kept; None for ever.
    """

    recent: timedelta = timedelta(days=2)
    days: int = 7
    weeks: int = 4
    months: int = 6
    deleted: timedelta | None = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class BackupSettings:
    """Where backups are kept, and when they are made.

    ``repository``: the address, as restic takes it, below which each store has a repository.
    ``key``: what the passwords of all repositories are made from.
    ``accounts``: namespace and name of the Secret with the server's accounts; None where the store
    has no account of its own. ``port``: where the server listens.
    ``is_in_cluster``: whether the loss of the cluster is that of the backups too.
    ``interval``: the mean time between two backups of a store; None for none by themselves.
    ``timeout``: how long one may take.
    ``removal``: namespace and name of the Secret that says what is to be removed, and of the
    CronJob that removes it; None where all backups are kept for ever.
    ``keep``: how long they are kept where they are removed.
    ``check_interval``: the mean time between two checks of a store's backups, in which a shop is
    made of the newest one; None for none by themselves. ``max_checks``: how many at a time.
    """

    repository: str
    key: str = field(repr=False)
    accounts: tuple[str, str] | None
    port: int
    interval: timedelta | None
    timeout: timedelta = timedelta(minutes=75)
    removal: tuple[str, str] | None = None
    keep: Keep = Keep()
    check_interval: timedelta | None = None
    max_checks: int = 1
    is_in_cluster: bool = True

    def repository_of(self, store_id: str) -> str:
        """Return the address of a store's repository."""
        return f"{self.repository.rstrip('/')}/{store_id}/"

    def repository_password(self, store_id: str) -> str:
        """Return what a store's repository is encrypted with."""
        return self._derived("repository", store_id)

    def account_password(self, store_id: str) -> str:
        """Return the password of a store's account at the server."""
        return self._derived("account", store_id)

    def account_line(self, store_id: str) -> str:
        """Return a store's account as a line of an htpasswd file.

        An unsalted SHA-1 is enough here, because nobody can guess what it is of: 256 random bits.
        """
        password = self.account_password(store_id).encode()
        digest = base64.b64encode(hashlib.sha1(password, usedforsecurity=False).digest()).decode()
        return f"{store_id}:{{SHA}}{digest}"

    def _derived(self, purpose: str, store_id: str) -> str:
        # Nothing has to be kept for a store: whoever has the key finds each password again.
        text = f"store-platform/{purpose}/{store_id}".encode()
        return hmac.new(self.key.encode(), text, hashlib.sha256).hexdigest()
