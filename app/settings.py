"""All settings of the service, read once from the environment (``STORE_PLATFORM_…``)."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, IPvAnyNetwork, SecretStr
from pydantic_settings import NoDecode

from app.auth.settings import SignInSettings
from app.backup_settings import BackupSettings
from app.graces import GraceSettings
from app.http.addresses import Proxies
from app.limits.settings import LimitSettings
from app.listening_settings import ListeningSettings
from app.mail_settings import MailSettings
from app.name_settings import NameSettings
from app.registry_settings import RegistrySettings
from app.telemetry.logging import LogFormat, LogLevel
from app.trust_settings import TrustSettings
from provisioner.domain.stores import Retention
from provisioner.helm.program import HelmSettings
from provisioner.reconcile.context import WorkSettings
from provisioner.settings import PlatformSettings
from provisioner.storage.quota import Quota

ROOT = Path(__file__).resolve().parent.parent


def _items(text: object) -> object:
    # For lists marked ``NoDecode``: pydantic-settings would expect JSON in the environment.
    return [item.strip() for item in text.split(",")] if isinstance(text, str) else text


class Settings(
    GraceSettings, NameSettings, SignInSettings, TrustSettings, LimitSettings, MailSettings,
    RegistrySettings, BackupSettings, ListeningSettings,
):  # fmt: skip
    """The service's settings.

    The environment variable of a setting is its name in capitals after ``STORE_PLATFORM_``.
    """

    database_url: str = Field(
        f"sqlite:///{ROOT / '.state' / 'platform.db'}",
        repr=False,
        description="Where state is kept: sqlite:///FILE, or"
        " postgresql://USER:PASSWORD@HOST:PORT/NAME with the options of libpq, such as"
        " ?sslmode=verify-full.",
    )
    database_connections: int = Field(
        10, ge=1, description="The largest number of connections to the database."
    )
    state_dir: Path = Field(
        ROOT / ".state", description="A private folder for helm's homes and lock files."
    )
    charts: Annotated[tuple[Path, ...], NoDecode] = Field(
        (ROOT / "charts",),
        description="Folders whose sub-folders are engines, separated by the path separator.",
    )
    unavailable_engines: dict[str, str] = Field(
        {},
        description="Engines that no new store can have, as a JSON object: the name of each and the"
        " reason for people, in a sentence.",
    )
    plan_prices: dict[str, dict[str, str]] = Field(
        {},
        description="What the plans of each engine cost, as a JSON object such as"
        ' {"medusa": {"small": "9 € a month"}}. The texts are shown as they are.',
    )
    chart_values: Path | None = Field(
        None,
        description="A folder with <engine>.yaml files: Helm values that replace a chart's own.",
    )
    dashboard: Path = Field(
        ROOT / "dashboard" / "dist", description="The built dashboard and GraphiQL page."
    )
    kubeconfig: Path | None = Field(
        None, description="The kubeconfig; if unset, the pod's service account or the user's own."
    )
    kube_context: str | None = Field(None, description="The kubeconfig's context to use.")
    store_role: str | None = Field(
        None,
        description="The ClusterRole with the service's rights in a store's namespace. The service"
        " binds itself to it in each such namespace. Leave it unset where the service has these"
        " rights everywhere, as an administrator has.",
    )
    helm: str = Field("helm", description="The helm 4 program.")
    helm_timeout_seconds: float = Field(300, gt=0, description="How long one helm run may take.")
    helm_grace_seconds: float = Field(
        10,
        gt=0,
        description="How long helm may go on after it was told to stop; then it is killed.",
    )
    shop_url: str = Field(
        "http://{name}.store.localhost", description="The address of a shop, {name} its name."
    )
    ingress: str | None = Field(
        None,
        description="Base URL of the ingress controller as the service reaches it; if unset, the"
        " shops' own addresses are asked.",
    )
    reachability_check: bool = Field(
        default=True, description="Whether READY waits until the shop's address answers."
    )
    wildcard_record: bool = Field(
        default=True,
        description="Whether one wildcard record in the DNS leads the names of all shops to the"
        " ingress controller; false where each shop's record is made with the shop, as external-dns"
        " does. Only the doctor asks.",
    )
    provision_timeout_seconds: float = Field(
        600, gt=0, description="How long a store may take to be ready before it is failed."
    )
    delete_timeout_seconds: float = Field(
        600,
        gt=0,
        description="How long a store may take to be gone before it is failed. Its removal is still"
        " tried again after that, at growing intervals.",
    )
    max_concurrent_provisions: int = Field(8, ge=1, description="Stores built at a time.")
    max_concurrent_deletes: int = Field(8, ge=1, description="Stores removed at a time.")
    lease_seconds: float = Field(
        10,
        ge=1,
        description="How long a replica may be silent before another works on stores in its place"
        " (PostgreSQL only).",
    )
    max_stores: int = Field(
        1000,
        ge=0,
        description="Stores of all owners together, also those being removed; 0 is no limit.",
    )
    max_stores_per_user: int = Field(
        20, ge=0, description="Stores of one owner, also those being removed; 0 is no limit."
    )
    count_suspended_stores: bool = Field(
        default=True,
        description="Whether paused stores, of which only volumes are left, count for both.",
    )
    drift_check_minutes: float = Field(
        30,
        ge=0,
        description="Minutes, give or take a quarter, between two looks at a store for changes made"
        " from outside, which are put back. 0 never looks.",
    )
    failed_retention_days: float = Field(
        7,
        ge=0,
        description="Days until a store that failed and was never ready is removed; 0 keeps it.",
    )
    event_retention_days: float = Field(
        90,
        ge=0,
        description="Days until an event of a store that is not deleted is removed; 0 keeps it. The"
        " events of its latest creation or retry and the newest of each kind are always kept.",
    )
    audit_retention_days: float = Field(
        365, ge=0, description="Days until an entry of the audit log is removed; 0 keeps it."
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Other origins whose pages may use the API, comma-separated."
    )
    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(_items)] = (
        Field(
            (),
            description="Networks of the proxies in front, comma-separated, such as 10.0.0.0/8."
            " Only they are believed about where a request comes from (X-Forwarded-For).",
        )
    )
    proxy_hops: int = Field(
        0,
        ge=0,
        description="The largest number of trusted proxies in front; 0 is no limit. What stands in"
        " X-Forwarded-For to the left of theirs is not believed, even if it is the address of a"
        " trusted proxy.",
    )
    redirect_to_tls: bool = Field(
        default=False,
        description="Whether requests that came to the proxy in front without TLS"
        " (X-Forwarded-Proto) are redirected to https.",
    )
    hsts_seconds: int = Field(
        0,
        ge=0,
        description="Seconds for which browsers use nothing but TLS (Strict-Transport-Security); 0"
        " does not ask them to. Set it only where the service is reached through TLS alone.",
    )
    graphiql: bool = Field(default=True, description="Whether the GraphiQL page is served.")
    log_level: LogLevel = Field(
        LogLevel.INFO,
        description="The least severe level that is logged: debug, info, warning or error.",
    )
    log_format: LogFormat = Field(
        LogFormat.AUTO, description="json, text, or auto: text on a terminal and JSON elsewhere."
    )
    metrics_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="The bearer token that opens /metrics; if unset, /metrics is closed.",
    )

    @classmethod
    def read(cls) -> "Settings":
        """Read the environment. Raises pydantic.ValidationError, which names each wrong setting."""
        # Two lists that are ``NoDecode`` are read here. An empty variable counts as unset.
        lists: dict[str, object] = {}
        if charts := os.environ.get("STORE_PLATFORM_CHARTS"):
            lists["charts"] = tuple(Path(item) for item in charts.split(os.pathsep))
        if origins := os.environ.get("STORE_PLATFORM_ALLOWED_ORIGINS"):
            lists["allowed_origins"] = tuple(item.strip() for item in origins.split(","))
        return cls.model_validate(lists)

    def proxies(self) -> Proxies:
        """Return the proxies that are believed about where a request comes from."""
        return Proxies(self.trusted_proxies, self.proxy_hops)

    def platform(self) -> PlatformSettings:
        """Return the settings that the domain needs."""
        return PlatformSettings(
            database_url=self.database_url,
            database_connections=self.database_connections,
            engine_folders=self.charts,
            unavailable_engines=self.unavailable_engines,
            plan_prices=self.plan_prices,
            kubeconfig=self.kubeconfig,
            kube_context=self.kube_context,
            helm=HelmSettings(
                program=self.helm,
                state=self.state_dir / "helm",
                timeout_seconds=self.helm_timeout_seconds,
                grace_seconds=self.helm_grace_seconds,
            ),
            work=WorkSettings(
                provision_timeout=timedelta(seconds=self.provision_timeout_seconds),
                delete_timeout=timedelta(seconds=self.delete_timeout_seconds),
                values_files=self._values_files(),
                is_reachability_checked=self.reachability_check,
                grace_periods=self.grace_periods(),
                drift_interval=_time(minutes=self.drift_check_minutes),
                store_role=self.store_role,
                mail=self.mail_server(),
                registries=self.registry_credentials(),
                backups=self.backups(),
            ),
            shop_url=self.shop_url,
            ingress=self.ingress,
            trust=self.trust(),
            max_concurrent_provisions=self.max_concurrent_provisions,
            max_concurrent_deletes=self.max_concurrent_deletes,
            max_concurrent_backups=self.max_concurrent_backups,
            lease_seconds=self.lease_seconds,
            retention=self._retention(),
            quota=self._quota(),
            names=self.names(),
            issuer=self.issuer_trust(),
        )

    def _quota(self) -> Quota:
        return Quota(
            in_all=self.max_stores or None,
            per_owner=self.max_stores_per_user or None,
            counts_suspended=self.count_suspended_stores,
        )

    def _retention(self) -> Retention:
        return Retention(
            failed=_time(days=self.failed_retention_days),
            deleted=_time(days=self.deleted_retention_days),
            events=_time(days=self.event_retention_days),
            audit=_time(days=self.audit_retention_days),
            # Whoever removes the backups has to know of them.
            deleted_with_backups=self.backup_removal is None,
        )

    def _values_files(self) -> dict[str, tuple[Path, ...]]:
        files = sorted(self.chart_values.glob("*.yaml")) if self.chart_values else []
        return {file.stem: (file,) for file in files}


def _time(*, days: float = 0, minutes: float = 0) -> timedelta | None:
    """Return a length of time, or None for 0, which means for ever or never."""
    return timedelta(days=days, minutes=minutes) or None
