"""Looks at what the platform writes and reads in the cluster for backups of stores."""

from datetime import timedelta

from app.doctor.findings import Finding, failed, ok, skipped, warning, worst
from app.doctor.installation import Installation
from provisioner.domain.errors import ClusterRejectedError, NotFoundError
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.cluster import KubeCluster
from provisioner.kubernetes.jobs import KubeJobs

NO_BACKUPS = skipped("No backups of stores are made (STORE_PLATFORM_BACKUP_REPOSITORY is unset).")
_ACCOUNTS, _REMOVAL = "STORE_PLATFORM_BACKUP_ACCOUNTS", "STORE_PLATFORM_BACKUP_REMOVAL"
_DRY_RUN = [("dryRun", "All")]
_RUN = timedelta(hours=8)
"""When a run must be over: the chart's may begin an hour late, and take six."""
_NO_DRY_RUNS = "does not support dry run"
"""The API server's words when an admission webhook cannot be asked, which says nothing of us."""


async def check_backups(installation: Installation) -> Finding:
    """Use the Secrets as the platform does, in dry runs, and look how the last removal went."""
    settings = installation.settings.backups()
    if settings is None:
        return NO_BACKUPS
    api, found = installation.api, []
    if settings.accounts is not None:
        loss = "no shop is given an account at the server"
        found.append(await _secret(api, settings.accounts, _ACCOUNTS, loss))
    if settings.removal is not None:
        loss = "no old backup is removed"
        found.append(await _secret(api, settings.removal, _REMOVAL, loss))
        found.append(await _cron_job(installation, settings.removal, loss))
    return worst(found)


async def _secret(api: KubeApi, place: tuple[str, str], setting: str, loss: str) -> Finding:
    namespace, name = place
    what = f"Secret {namespace}/{name}"
    try:
        await KubeCluster(api).read_secret(namespace, name)
        # The account has the right to write it (see ``rights``), but a policy may forbid it.
        path = f"/api/v1/namespaces/{namespace}/secrets/{name}"
        await api.call("PATCH", path, query=_DRY_RUN, body={})
    except NotFoundError:
        return _missing(what, setting, loss)
    except ClusterRejectedError as error:
        if _NO_DRY_RUNS not in error.words:
            return _unusable(what, error, loss)
    return ok(f"The {what} can be used.")


async def _cron_job(installation: Installation, place: tuple[str, str], loss: str) -> Finding:
    namespace, name = place
    what = f"CronJob {namespace}/{name}"
    try:
        runs = await KubeJobs(installation.api).runs(namespace, name)
    except NotFoundError:
        return _missing(what, _REMOVAL, loss)
    except ClusterRejectedError as error:
        return _unusable(what, error, loss)
    started, succeeded = runs.started_at, runs.succeeded_at
    if started is None:
        return ok(f"The {what} removes old backups, and has not run yet.")
    if succeeded is not None and succeeded >= started:
        return ok(f"The {what} removed old backups last at {succeeded:%Y-%m-%d %H:%M} UTC.")
    seen = f"The {what}, which removes old backups, was last started at {started:%Y-%m-%d %H:%M}"
    if installation.now() - started < _RUN:
        return ok(f"{seen} UTC, and may be at it.")
    return warning(
        f"{seen} UTC and has not succeeded since.",
        "See the log of its Jobs' pods, or their events if there are none; the next run does it all"
        " again.",
    )


def _missing(what: str, setting: str, loss: str) -> Finding:
    return failed(
        f"There is no {what}: {loss}.",
        "Upgrade the platform's release with backups.enabled, which makes it, or name another in"
        f" {setting}.",
    )


def _unusable(what: str, error: ClusterRejectedError, loss: str) -> Finding:
    words = (error.words or str(error)).rstrip(".")
    return failed(
        f"The platform cannot use the {what} ({words}): {loss}.",
        "Upgrade the platform's release with backups.enabled: its Role and its admission policy let"
        " the platform use it.",
    )
