"""Renders a shop of each engine, and so finds what shops need of the cluster."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import yaml

from app.doctor.checks.helm import private_helm
from app.doctor.findings import Finding, failed, ok
from app.doctor.gateways import HTTP_ROUTE
from app.doctor.installation import Installation
from app.doctor.shops import EngineShop, shop_of
from provisioner.domain.engines import Engine
from provisioner.domain.errors import HelmError, TransientError
from provisioner.helm.program import HelmProgram
from provisioner.reconcile.namespaces import CREDENTIALS_SECRET

_RELEASE = "doctor"


async def check_engines(installation: Installation) -> Finding:
    """Render the engines that new stores can have; set ``installation.shops``."""
    values = installation.settings.platform().work.values_files
    available = [e for e in installation.catalogue.values() if e.unavailable_reason is None]
    try:
        with private_helm(installation) as helm:
            # One after another: helm's lock is held by release, and each takes a third of a second.
            installation.shops = [
                await _shop(helm, installation, engine, values.get(engine.name, ()))
                for engine in available
            ]
    except (HelmError, TransientError, yaml.YAMLError) as error:
        return failed(
            str(error), "Mend the engine's values (STORE_PLATFORM_CHART_VALUES), or its chart."
        )
    names = ", ".join(engine.name for engine in available) or "none"
    return ok(f"Shops can be rendered of these engines: {names}.")


async def _shop(
    helm: HelmProgram, installation: Installation, engine: Engine, files: Sequence[Path]
) -> EngineShop:
    store = {
        "id": "doctor",
        "name": installation.shop_name,
        "host": installation.shop.hostname,
        "url": installation.shop.geturl(),
        "credentialsSecret": CREDENTIALS_SECRET,
    }
    manifest = await helm.render(
        release=_RELEASE,
        chart=Path(engine.chart),
        values={**engine.default_version.values, "store": store},
        values_files=files,
        # Whether the cluster has them is looked at by the check of the gateways.
        apis=(HTTP_ROUTE,),
    )
    return await asyncio.to_thread(shop_of, engine.name, manifest)
