"""All checks of the doctor, in the order in which they are told."""

from app.doctor.checks.admission import check_admission
from app.doctor.checks.backup_server import check_backup_server
from app.doctor.checks.backups import check_backups
from app.doctor.checks.certificate import check_certificate, check_host_certificate
from app.doctor.checks.clocks import check_cluster_clock, check_database_clock
from app.doctor.checks.cluster import check_cluster
from app.doctor.checks.database import check_database
from app.doctor.checks.engines import check_engines
from app.doctor.checks.gateway import check_gateway
from app.doctor.checks.helm import check_helm
from app.doctor.checks.ingress import check_ingress
from app.doctor.checks.ingress_class import check_ingress_class
from app.doctor.checks.issuer import check_issuer
from app.doctor.checks.kubernetes import check_kubernetes
from app.doctor.checks.mail import check_mail
from app.doctor.checks.names import check_host, check_names
from app.doctor.checks.redis import check_redis
from app.doctor.checks.registry import check_registry
from app.doctor.checks.rights import check_rights
from app.doctor.checks.settings import check_settings
from app.doctor.checks.state import check_state
from app.doctor.checks.storage import check_storage, check_volumes
from app.doctor.examination import Check
from app.settings import Settings


def checks_for(settings: Settings) -> tuple[Check, ...]:
    """Return the checks; those that are needed by others come before them."""
    # Where the ingress controller has an address of its own, nobody looks up a shop's name.
    named = () if settings.ingress else ("names",)
    shown = ("names",) if settings.shop_url.startswith("https:") else ()
    return (
        Check("settings", check_settings),
        Check("state", check_state, is_before_install=False),
        Check("helm", check_helm),
        Check("engines", check_engines, needs=("settings", "helm")),
        Check("database", check_database),
        Check("database-clock", check_database_clock, needs=("database",)),
        Check("kubernetes", check_kubernetes),
        Check("cluster-clock", check_cluster_clock, needs=("kubernetes",)),
        Check("cluster", check_cluster, needs=("kubernetes", "database")),
        Check("rights", check_rights, needs=("kubernetes",), is_before_install=False),
        Check("admission", check_admission, needs=("kubernetes",), is_before_install=False),
        Check("storage", check_storage, needs=("kubernetes", "engines")),
        Check("volumes", check_volumes, needs=("storage",)),
        Check("ingress-class", check_ingress_class, needs=("kubernetes", "engines")),
        Check("gateway", check_gateway, needs=("kubernetes", "engines")),
        Check("names", check_names, needs=("settings",)),
        Check("host", check_host),
        Check("ingress", check_ingress, needs=named),
        Check("certificate", check_certificate, needs=shown),
        Check("host-certificate", check_host_certificate, needs=("host",)),
        Check("registry", check_registry, needs=("engines",)),
        Check("redis", check_redis),
        Check("mail", check_mail),
        Check("issuer", check_issuer),
        Check("backups", check_backups, needs=("rights",), is_before_install=False),
        Check("backup-server", check_backup_server, needs=("backups",), is_before_install=False),
    )
