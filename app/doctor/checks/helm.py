"""Looks for helm, and asks it which version it is."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from app.doctor.findings import Finding, failed, ok
from app.doctor.installation import Installation
from provisioner.domain.errors import HelmError, TransientError
from provisioner.helm.program import HelmProgram

_SECONDS = 6.0  # less than a check may take, so that helm is ended here, and its folders removed
_REMEDY = "Install helm 4, or set STORE_PLATFORM_HELM to its path."


async def check_helm(installation: Installation) -> Finding:
    program = installation.settings.helm
    if shutil.which(program) is None:
        return failed(f"There is no program {program}.", _REMEDY)
    try:
        with private_helm(installation) as helm:
            version = await helm.version()
    except (HelmError, TransientError) as error:
        return failed(str(error), _REMEDY)
    if not version.startswith("v4."):
        return failed(f"{program} is helm {version}, and the platform needs helm 4.", _REMEDY)
    return ok(f"{program} is helm {version}.")


@contextmanager
def private_helm(installation: Installation) -> Iterator[HelmProgram]:
    """Give a helm whose homes are in a folder of its own, which is removed in the end."""
    settings = installation.settings.platform().helm
    with tempfile.TemporaryDirectory(prefix="store-platform-doctor-") as folder:
        yield HelmProgram(
            replace(settings, state=Path(folder), timeout_seconds=_SECONDS, grace_seconds=0.5)
        )
