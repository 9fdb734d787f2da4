"""Asks the API server for its version."""

import re

import msgspec

from app.doctor.findings import Finding, failed, ok
from app.doctor.installation import Installation
from provisioner.domain.errors import (
    ConfigurationError,
    NotFoundError,
    TerminalError,
    TransientError,
)
from provisioner.kubernetes.api import ApiSettings, KubeApi
from provisioner.kubernetes.wire import Wire

OLDEST = (1, 30)
"""The oldest version that the charts accept (``kubeVersion``): admission policies came with it."""

_SETTINGS = ApiSettings(answer_seconds=6.0, reading_seconds=6.0)
_REMEDY = (
    "Set STORE_PLATFORM_KUBECONFIG to a file that `kubectl` can use, or see that the API server"
    " runs and can be reached from here."
)


class _Version(Wire):
    git_version: str
    major: str
    minor: str


async def check_kubernetes(installation: Installation) -> Finding:
    """Connect to the API server; set ``installation.api``."""
    settings = installation.settings
    try:
        # Which cluster it is, is another check's matter: nothing must be remembered here.
        api = await KubeApi.connect(
            settings.kubeconfig, settings.kube_context, settings=_SETTINGS, recognise=None
        )
        installation.stack.push_async_callback(api.close)
        version = msgspec.json.decode(await api.call("GET", "/version"), type=_Version)
    except ConfigurationError as error:
        return failed(error.problem, error.remedy or _REMEDY)
    except (TransientError, TerminalError, NotFoundError) as error:
        return failed(str(error), _REMEDY)
    except msgspec.MsgspecError:
        return failed("What answers is no Kubernetes: it tells no version.", _REMEDY)
    installation.api = api
    # Some clouds write "34+".
    numbers = tuple(int(re.sub(r"\D", "", part) or 0) for part in (version.major, version.minor))
    if numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return failed(
            f"Kubernetes {version.git_version} answers, which is older than {oldest}.",
            f"Upgrade the cluster to {oldest} or later.",
        )
    return ok(f"Kubernetes {version.git_version} answers.")
