"""Engines, the kinds of shop that the platform offers, such as WooCommerce.

An engine is a folder with a Helm chart and a description, ``engine.yaml``. A new engine needs no
change of Python code. The service does not start with an invalid description; the error names the
file and the field.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import msgspec

from provisioner.domain.engine_description import Description, ShopServiceInFile, fault
from provisioner.domain.errors import ConfigurationError
from provisioner.domain.plans import Plan, priced, read_plans, wrong_price
from provisioner.domain.stores import Store


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload whose pods must be ready; ``component`` is their ``app.kubernetes.io/component``.

    ``kind`` is ``Deployment`` or ``StatefulSet``, and ``replicas`` the number of ready pods.
    """

    component: str
    kind: str
    replicas: int


@dataclass(frozen=True, slots=True)
class GeneratedSecret:
    """A secret value that the platform generates once for each store; ``length`` in characters."""

    key: str
    length: int


@dataclass(frozen=True, slots=True)
class EngineVersion:
    """A version of an engine; its ``values`` are merged over the chart's defaults.

    ``follows`` names the versions of which a shop can be upgraded to this one, with its data.
    ``what_is_new`` says to a merchant what an upgrade to it brings; "" if nobody wrote that.
    """

    name: str
    is_default: bool
    values: Mapping[str, object]
    follows: tuple[str, ...] = ()
    what_is_new: str = ""


@dataclass(frozen=True, slots=True)
class PageVisit:
    """One request of a shopper's walk up to the check-out.

    ``path`` and the values of ``form`` may contain ``{name}`` of what an earlier page had. With a
    form it is a POST. ``finds`` has a regular expression for each thing that the page must show;
    what its group matches, or else all of it, is kept under the thing's name.
    """

    path: str
    form: Mapping[str, str]
    finds: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ShopService:
    """The Service that shoppers' requests go to, as the Ingress has it for ``/``; and its port."""

    component: str
    port: int

    def name_of(self, store: Store) -> str:
        """Return the Service's name, which the chart makes from the release's."""
        return f"{store.release}-{self.component}"


@dataclass(frozen=True, slots=True)
class SignIn:
    """Where a shop takes links that sign its administrator in, and by which secret it knows them.

    ``path`` is that of the page, and ``key`` the secret's key in the store's Secret.
    """

    path: str
    key: str


@dataclass(frozen=True, slots=True)
class Engine:
    """The contents of an ``engine.yaml``, and in ``chart`` the path of its folder.

    ``provision_timeout`` is how long the building of a store may take, for an engine that needs
    longer than the platform's own limit; None otherwise.

    ``unavailable_reason`` says why no new store can have this engine; None if stores can. It comes
    from the platform's settings: stores that exist go on.

    ``sends_mail``: the chart takes ``mail`` values. Where the platform has a mail server, the
    engine's stores get them.

    ``takes_pull_secrets``: the chart takes ``imagePullSecrets``. Where the platform has credentials
    for registries, the engine's stores pull with them.

    ``resources`` are what a new store asks for in all: ``cpu``, ``memory`` and ``storage`` as
    Kubernetes writes them. With ``plans``, of which a store has one, they are the default plan's.

    ``backup_counts`` names what the Job of a backup counts, such as orders; None for an engine
    that cannot be backed up. ``closed_by`` names the components without which nobody changes the
    shop's data.

    ``makes_copies``: the chart takes ``store.isCopy``, with which nothing that is done in the shop
    reaches anybody.

    ``resets_passwords``: the chart has a template of Jobs that set the administrator's password.

    ``sign_in`` is where links that sign the administrator in lead; None for an engine without.

    ``walk`` is what a shopper does up to the check-out: a new store is ready once it works.

    ``while_closed`` are the Helm values, over all others, that a shop is installed with to which no
    visitors are led yet: none of its routes, and nothing that it does by the clock.

    ``shop_service`` is where a shop is asked that no visitors are led to yet; None for an engine
    whose shops are asked at their addresses alone.

    CONTRIBUTING.md ("Add an engine") explains each field.
    """

    name: str
    display_name: str
    description: str
    chart: str
    release_prefix: str
    workloads: tuple[Workload, ...]
    setup_job: str | None
    shop_path: str
    admin_path: str
    ready_path: str
    admin_user: str
    admin_password_key: str
    credentials: tuple[GeneratedSecret, ...]
    versions: tuple[EngineVersion, ...]
    resources: Mapping[str, str]
    plans: tuple[Plan, ...] = ()
    provision_timeout: timedelta | None = None
    walk: tuple[PageVisit, ...] = ()
    shop_service: ShopService | None = None
    sends_mail: bool = False
    takes_pull_secrets: bool = False
    backup_counts: tuple[str, ...] | None = None
    closed_by: tuple[str, ...] = ()
    while_closed: Mapping[str, object] = field(default_factory=dict)
    makes_copies: bool = False
    resets_passwords: bool = False
    sign_in: SignIn | None = None
    unavailable_reason: str | None = None

    def admin_user_of(self, store: Store) -> str:
        """Return the log-in name of the administrator of a store's shop.

        An engine that signs people in by e-mail address is told the merchant's; if nobody said
        one, its chart makes up an address at the shop. A shop that was made from a backup has the
        accounts of the other one.
        """
        if store.from_backup is not None:
            return store.from_backup.admin_user
        email = store.contact_email or f"admin@{store.host}"
        return self.admin_user.replace("{email}", email)

    @property
    def default_version(self) -> EngineVersion:
        return next(version for version in self.versions if version.is_default)

    def version(self, name: str) -> EngineVersion | None:
        return next((version for version in self.versions if version.name == name), None)

    @property
    def default_plan(self) -> Plan | None:
        """The plan of new stores that name none; None for an engine without plans."""
        return next((plan for plan in self.plans if plan.is_default), None)

    def plan(self, name: str) -> Plan | None:
        return next((plan for plan in self.plans if plan.name == name), None)

    def plan_of(self, store: Store) -> Plan | None:
        """Return the plan that a store has; None if it is not offered, or there are no plans.

        A store from before stores had plans is given none by name, so its chart has what the
        operator's values say for all: the default.
        """
        return self.default_plan if store.plan is None else self.plan(store.plan)

    def storage_plan_of(self, store: Store) -> Plan | None:
        """Return the plan that a store's volumes are as large as; None as of ``plan_of``."""
        return self.plan(store.storage_plan) if store.storage_plan else self.plan_of(store)

    def versions_after(self, name: str) -> tuple[EngineVersion, ...]:
        """Return the versions that a shop of this one can be upgraded to, as they are listed."""
        return tuple(version for version in self.versions if name in version.follows)

    def later_than(self, name: str) -> frozenset[str]:
        """Return the names of all versions that upgrades of a shop of this one can lead to."""
        found: set[str] = set()
        following = [name]
        while following:
            names = {version.name for version in self.versions_after(following.pop())} - found
            found |= names
            following += names
        return frozenset(found - {name})


def load_engine(
    folder: Path, values_files: Mapping[str, Sequence[Path]] = MappingProxyType({})
) -> Engine:
    """Read one engine's folder, and in the operator's Helm values which plan new stores have.

    ``values_files`` has those of each engine by its name. Raises ConfigurationError, which names
    the file and the fault.
    """
    file = folder / "engine.yaml"
    try:
        found = msgspec.yaml.decode(file.read_bytes(), type=Description)
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read ({error.strerror}).") from error
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{file}: {error}.") from error
    if wrong := fault(found):
        raise ConfigurationError(f"{file}: {wrong}.")
    if not (folder / "Chart.yaml").is_file():
        raise ConfigurationError(
            f"{folder}: there is no Chart.yaml beside engine.yaml. Add the engine's Helm chart."
        )
    values = [folder / "values.yaml", *values_files.get(found.name, ())]
    return _engine(found, folder, read_plans(found.plans, file, values))


def _engine(found: Description, folder: Path, plans: tuple[Plan, ...]) -> Engine:
    chosen = [plan.resources for plan in plans if plan.is_default]
    return Engine(
        name=found.name,
        display_name=found.display_name,
        description=found.description,
        chart=str(folder),
        release_prefix=found.release_prefix,
        workloads=tuple(Workload(w.component, w.kind, w.replicas) for w in found.workloads),
        setup_job=found.setup_job,
        shop_path=found.shop_path,
        admin_path=found.admin_path,
        ready_path=found.ready_path,
        admin_user=found.admin_user,
        admin_password_key=found.admin_password_key,
        credentials=tuple(GeneratedSecret(c.key, c.length) for c in found.credentials),
        versions=tuple(
            EngineVersion(v.name, v.default, v.values, tuple(v.follows), v.what_is_new)
            for v in found.versions
        ),
        resources=chosen[0] if chosen else {k: str(v) for k, v in found.resources.items()},
        plans=plans,
        provision_timeout=_seconds(found.provision_timeout_seconds),
        sends_mail=found.sends_mail,
        takes_pull_secrets=found.takes_pull_secrets,
        backup_counts=tuple(found.backup.counts) if found.backup else None,
        closed_by=tuple(found.backup.closed_by) if found.backup else (),
        while_closed=found.while_closed,
        makes_copies=found.makes_copies,
        resets_passwords=found.resets_passwords,
        sign_in=SignIn(found.sign_in.path, found.sign_in.key) if found.sign_in else None,
        walk=tuple(PageVisit(v.path, v.form, v.finds) for v in found.walk),
        shop_service=_shop_service(found.shop_service),
    )


def _shop_service(found: ShopServiceInFile | None) -> ShopService | None:
    return None if found is None else ShopService(found.component, found.port)


def _seconds(number: int | None) -> timedelta | None:
    return None if number is None else timedelta(seconds=number)


class EngineCatalogue(Mapping[str, Engine]):
    """The engines that stores can be created with, by name."""

    def __init__(self, engines: Iterable[Engine]) -> None:
        self._engines: dict[str, Engine] = {}
        for engine in engines:
            if engine.name in self._engines:
                raise ConfigurationError(f"{engine.chart}: engine {engine.name!r} exists twice.")
            self._engines[engine.name] = engine

    @classmethod
    def load(
        cls,
        roots: Iterable[Path],
        unavailable: Mapping[str, str] = MappingProxyType({}),
        values_files: Mapping[str, Sequence[Path]] = MappingProxyType({}),
        prices: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> "EngineCatalogue":
        """Read every folder with an engine.yaml that is directly inside one of ``roots``.

        ``unavailable`` gives the reason for each engine that no new store can have,
        ``values_files`` the operator's Helm values for each engine, and ``prices`` the text for
        each plan of an engine.

        Raises ConfigurationError when there is no engine, or one is wrong, or ``unavailable`` or
        ``prices`` name one that does not exist.
        """
        # Sorted, because ``glob`` gives files in no particular order.
        files = sorted(file for root in roots for file in root.glob("*/engine.yaml"))
        if not files:
            raise ConfigurationError(
                "There is no engine: no folder has an engine.yaml. Set STORE_PLATFORM_CHARTS to the"
                " folder that holds the engines."
            )
        engines = [load_engine(file.parent, values_files) for file in files]
        if unknown := unavailable.keys() - {engine.name for engine in engines}:
            raise ConfigurationError(
                f"STORE_PLATFORM_UNAVAILABLE_ENGINES names {', '.join(sorted(unknown))}, and there"
                " is no such engine."
            )
        if wrong := wrong_price(prices, {engine.name: engine.plans for engine in engines}):
            raise ConfigurationError(f"STORE_PLATFORM_PLAN_PRICES names {wrong}.")
        return cls(
            replace(
                engine,
                unavailable_reason=unavailable.get(engine.name),
                plans=priced(engine.plans, prices.get(engine.name, {})),
            )
            for engine in engines
        )

    def __getitem__(self, name: str) -> Engine:
        return self._engines[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._engines)

    def __len__(self) -> int:
        return len(self._engines)
