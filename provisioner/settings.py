"""The operator's settings, as far as the domain needs them."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from provisioner.domain.stores import Retention
from provisioner.helm.program import HelmSettings
from provisioner.reconcile.context import WorkSettings
from provisioner.storage.kept_names import NameRules
from provisioner.storage.quota import Quota
from provisioner.storage.token_tree import IssuerTrust


@dataclass(frozen=True, slots=True)
class PlatformSettings:
    """The settings of the domain.

    ``database_connections``: how many connections are kept open at most.
    ``engine_folders``: folders that contain one folder for each engine.
    ``kubeconfig`` and ``kube_context``: None for the defaults.
    ``unavailable_engines``: the reason for each engine that no new store can have.
    ``plan_prices``: the text for each plan, by engine.
    ``shop_url``: a pattern such as ``http://{name}.store.localhost``.
    ``ingress``: the base URL at which the API reaches the ingress controller, or None where the
    host names of shops resolve.
    ``trust``: whose certificates are accepted when the shops are asked.
    ``lease_seconds``: how long a lease lasts that the leader does not renew.
    ``issuer``: the issuer whose tokens are accepted besides our own, or None.
    """

    database_url: str
    database_connections: int
    engine_folders: tuple[Path, ...]
    unavailable_engines: Mapping[str, str]
    kubeconfig: Path | None
    kube_context: str | None
    helm: HelmSettings
    work: WorkSettings
    shop_url: str
    ingress: str | None
    trust: ssl.SSLContext
    max_concurrent_provisions: int
    max_concurrent_deletes: int
    max_concurrent_backups: int
    lease_seconds: float
    retention: Retention
    quota: Quota
    names: NameRules
    plan_prices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    issuer: IssuerTrust | None = None
