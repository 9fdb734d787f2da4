"""Backups on simulated nodes: Jobs report as real ones do, and nothing is truly saved."""

from app.local.cluster import LocalCluster

NAMESPACE, ACCOUNTS = "simulated-backups", "accounts"
SETTINGS = {
    "STORE_PLATFORM_BACKUP_REPOSITORY": "rest:http://backups.test:8000",
    "STORE_PLATFORM_BACKUP_KEY": "0123456789abcdef0123456789abcdef",
    "STORE_PLATFORM_BACKUP_ACCOUNTS": f"{NAMESPACE}/{ACCOUNTS}",
    # Only what is asked for: so each has an answer that promises it.
    "STORE_PLATFORM_BACKUP_INTERVAL_HOURS": "0",
    "STORE_PLATFORM_BACKUP_CHECK_DAYS": "0",
}


def make_place(cluster: LocalCluster) -> None:
    """Make the Secret with the accounts of a server that there is not."""
    cluster.kubectl("create", "namespace", NAMESPACE)
    cluster.kubectl("-n", NAMESPACE, "create", "secret", "generic", ACCOUNTS)


def remove_place(cluster: LocalCluster) -> None:
    """Remove it, and wait until it is gone: the next test on the cluster may make it again."""
    cluster.kubectl("delete", "namespace", NAMESPACE)
