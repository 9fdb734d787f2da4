"""Looks at where backups of stores are kept: the server, its accounts, and what removes them."""

from urllib.parse import urlsplit

import httpx

from app.doctor.cluster_names import is_known_in_the_cluster_alone, unknown_here
from app.doctor.findings import Finding, failed, ok, skipped, warning, worst
from app.doctor.installation import Installation
from provisioner.domain.errors import ClusterRejectedError, NotFoundError
from provisioner.kubernetes.cluster import KubeCluster
from provisioner.kubernetes.jobs import KubeJobs

_MADE_BY = "Upgrade the platform's release with `backups.enabled`, which makes it."
_RIGHTS = (
    "Give the account the Role of charts/store-platform (shop-backups-role.yaml), or one with the"
    " same rules."
)


async def check_backups(installation: Installation) -> Finding:
    settings = installation.settings.backups()
    if settings is None:
        return skipped("No backups of stores are made (STORE_PLATFORM_BACKUP_REPOSITORY is unset).")
    found = [await _server(installation, settings.repository)]
    cluster, jobs = KubeCluster(installation.api), KubeJobs(installation.api)
    if settings.accounts is not None:
        found.append(await _secret(cluster, *settings.accounts))
    if settings.removal is not None:
        found += [
            await _secret(cluster, *settings.removal),
            await _removal(jobs, *settings.removal),
        ]
    return worst(found)


async def _server(installation: Installation, repository: str) -> Finding:
    """Ask the server without an account, which it has to refuse."""
    url = repository.removeprefix("rest:")
    host = urlsplit(url).hostname or ""
    try:
        await installation.resolve(host)
        async with installation.http() as http:
            status = (await http.get(url)).status_code
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        if is_known_in_the_cluster_alone(host):
            return skipped(unknown_here(host))
        words = str(error) or type(error).__name__
        return failed(
            f"The server for backups {host} does not answer ({words}): none are made.",
            "Mend STORE_PLATFORM_BACKUP_REPOSITORY, or the server.",
        )
    if status != httpx.codes.UNAUTHORIZED:
        return warning(
            f"The server for backups {host} answers with {status} whoever has no account.",
            "Have it ask for accounts (rest-server without --no-auth, with --private-repos).",
        )
    return ok(f"The server for backups {host} answers, and asks for an account.")


async def _secret(cluster: KubeCluster, namespace: str, name: str) -> Finding:
    place = f"{namespace}/{name}"
    try:
        await cluster.read_secret(namespace, name)
    except NotFoundError:
        return failed(f"There is no Secret {place}: no backups are made.", _MADE_BY)
    except ClusterRejectedError as error:
        return failed(f"The platform may not read the Secret {place} ({error.words}).", _RIGHTS)
    return ok(f"The Secret {place} is there.")


async def _removal(jobs: KubeJobs, namespace: str, name: str) -> Finding:
    place = f"{namespace}/{name}"
    try:
        runs = await jobs.runs(namespace, name)
    except NotFoundError:
        return failed(f"There is no CronJob {place}: no old backup is removed.", _MADE_BY)
    except ClusterRejectedError as error:
        return failed(f"The platform may not read the CronJob {place} ({error.words}).", _RIGHTS)
    last = runs.succeeded_at
    done = f"succeeded last at {last:%Y-%m-%d %H:%M} UTC" if last else "has not succeeded yet"
    return ok(f"The CronJob {place}, which removes old ones, {done}.")
