"""What keeps a release from being made, found before anything is changed."""

import os
import shutil

from app.local.release.changelog import section
from app.local.release.errors import ReleaseError
from app.local.release.plan import Plan
from app.local.release.version import current, differences

_PROGRAMS = ("docker", "cosign")
_CHECKSUM = "WOOCOMMERCE_SHA256"


def check_preparation(plan: Plan) -> None:
    """Look whether the version can be prepared from what is checked out. Raises ReleaseError."""
    _check_version(plan)
    _check_clean(plan)
    if plan.runner.ask("git", "tag", "--list", plan.tag):
        raise ReleaseError(f"{plan.tag} is there already: a released version is never made again.")
    section(plan.changelog.read_text(), "Unreleased")


def check_publication(plan: Plan) -> None:
    """Look whether what is checked out can be published. Raises ReleaseError."""
    _check_version(plan)
    _check_clean(plan)
    if plan.tag not in plan.runner.ask("git", "tag", "--points-at", "HEAD").split():
        raise ReleaseError(
            f"{plan.tag} is not what is checked out. Check it out, or make it:"
            f" make release-prepare VERSION={plan.version}"
        )
    section(plan.changelog.read_text(), plan.version)
    check_surroundings(plan)


def check_surroundings(plan: Plan) -> None:
    """Look whether this machine has what publishing needs, and the registry no such version.

    A dry run needs nothing. Raises ReleaseError.
    """
    if plan.runner.is_dry:
        return
    for program in _PROGRAMS:
        if shutil.which(program) is None:
            raise ReleaseError(f"There is no {program}. Install it, then try again.")
    if not os.environ.get(_CHECKSUM):
        raise ReleaseError(
            f"{_CHECKSUM} is not set: the checksum of WooCommerce's archive, which its image is"
            " built from. docs/kubernetes.md says where it is from."
        )
    chart = f"oci://{plan.registry.charts}/store-platform"
    if plan.runner.succeeds(plan.helm, "show", "chart", chart, "--version", plan.version):
        raise ReleaseError(f"{chart} has {plan.version} already: it is published.")


def _check_version(plan: Plan) -> None:
    version = current(plan.root)
    if plan.version != version:
        raise ReleaseError(
            f"pyproject.toml has {version}, not {plan.version}. Write it everywhere with"
            f" `make version VERSION={plan.version}`, and commit that."
        )
    if wrong := list(differences(plan.root)):
        listed = "\n".join(f"  {difference}" for difference in wrong)
        raise ReleaseError(f"These differ; `make version VERSION={version}` mends it:\n{listed}")


def _check_clean(plan: Plan) -> None:
    if changed := plan.runner.ask("git", "status", "--porcelain"):
        raise ReleaseError(f"There is what is not committed. Commit it or put it away:\n{changed}")
