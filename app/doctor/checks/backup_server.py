"""Asks the server for backups of stores whether it answers, without an account."""

from urllib.parse import urlsplit

import httpx

from app.doctor.checks.backups import NO_BACKUPS
from app.doctor.cluster_names import is_known_in_the_cluster_alone, unknown_here
from app.doctor.findings import Finding, failed, ok, skipped, warning
from app.doctor.installation import Installation
from provisioner.domain.backups import BackupSettings
from provisioner.kubernetes.cluster import KubeCluster
from provisioner.reconcile.repositories import ACCOUNTS

_SERVER_ERRORS = 500
_REMEDY = (
    "See that it runs and that network policies let this machine reach it, or mend"
    " STORE_PLATFORM_BACKUP_REPOSITORY. At its first start it takes up to two minutes to hear of"
    " its accounts."
)


async def check_backup_server(installation: Installation) -> Finding:
    settings = installation.settings.backups()
    if settings is None:
        return NO_BACKUPS
    parts = urlsplit(settings.repository.removeprefix("rest:"))
    place = parts.netloc.rpartition("@")[2]
    host = parts.hostname or ""
    try:
        async with installation.http() as http:
            status = (await http.get(parts._replace(netloc=place).geturl())).status_code
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        if is_known_in_the_cluster_alone(host) and not await _is_found(installation, host):
            return skipped(unknown_here(place))
        if not await _has_accounts(installation, settings):
            return skipped(
                f"The server for backups {place} waits for its accounts, which the platform writes"
                " once it has started.",
                "Run the doctor again two minutes after the platform's start. If it says the same,"
                " see backup_accounts_not_written in its log.",
            )
        words = str(error) or type(error).__name__
        return failed(
            f"The server for backups {place} does not answer ({words}): no backup is made.", _REMEDY
        )
    return _answered(place, status)


async def _is_found(installation: Installation, host: str) -> bool:
    try:
        return bool(await installation.resolve(host))
    except OSError:
        return False


async def _has_accounts(installation: Installation, settings: BackupSettings) -> bool:
    """Return whether the platform has written the accounts, without which the server waits."""
    if settings.accounts is None:
        return True
    return ACCOUNTS in await KubeCluster(installation.api).read_secret(*settings.accounts)


def _answered(place: str, status: int) -> Finding:
    if status == httpx.codes.UNAUTHORIZED:
        return ok(f"The server for backups {place} answers, and asks for an account.")
    seen = f"The server for backups {place} answers with {status}"
    if status >= _SERVER_ERRORS:
        return failed(f"{seen}: no backup is made.", _REMEDY)
    return warning(
        f"{seen}, where rest-server asks for an account (401).",
        "Have rest-server ask for accounts (--htpasswd-file, --private-repos, no --no-auth), or"
        " mend STORE_PLATFORM_BACKUP_REPOSITORY if something else answers there.",
    )
