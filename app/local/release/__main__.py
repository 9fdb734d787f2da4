"""``python -m app.local.release STEP X.Y.Z``: make a release, or one step of it."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from app.local.cluster.go_build import BuildError
from app.local.cluster.progress import say
from app.local.cluster.toolchain import ToolchainError
from app.local.cluster.tools import ensure_helm
from app.local.release import steps
from app.local.release.checks import check_preparation, check_publication, check_surroundings
from app.local.release.errors import ReleaseError
from app.local.release.images import Registry
from app.local.release.plan import Plan
from app.local.release.runner import Runner
from app.local.release.version import set_version

_ROOT = Path(__file__).resolve().parents[3]
_PUBLISHING: Mapping[str, Callable[[Plan], None]] = {
    "images": steps.push_images,
    "charts": steps.package_charts,
    "packages": steps.build_packages,
    "notes": steps.write_notes,
    "publish": steps.publish_all,
}
_HELP = {
    "version": "write the version into every file that has one",
    "all": "prepare the version, then publish it from this machine",
    "prepare": "move what is unreleased under the version, commit and tag that",
    "from-tag": "publish the version whose tag is checked out: the steps below, in order",
    "images": "build, push (without tags) and sign the images",
    "charts": "package the charts, with the images' digests",
    "packages": "build and sign the Python packages and their SBOM",
    "notes": "write what the changelog says of the version",
    "publish": "tag the images, push and sign the charts",
}


def main(words: list[str] | None = None) -> int:
    """Return the exit code: 0 done, 1 not."""
    arguments = _parser().parse_args(words)
    try:
        if arguments.step == "version":
            set_version(_ROOT, arguments.version)
        else:
            _carry_out(arguments.step, _plan(arguments))
    except (BuildError, ReleaseError, ToolchainError) as error:
        say(str(error))
        return 1
    return 0


def _carry_out(step: str, plan: Plan) -> None:
    if step in {"all", "prepare"}:
        check_preparation(plan)
        if step == "all":
            check_surroundings(plan)
        steps.prepare(plan)
        say(f"{plan.tag} is made here. Share it with: git push --atomic origin HEAD {plan.tag}")
    else:
        check_publication(plan)
    chosen = _PUBLISHING if step in {"all", "from-tag"} else {step} & _PUBLISHING.keys()
    for name in chosen:
        _PUBLISHING[name](plan)


def _plan(arguments: argparse.Namespace) -> Plan:
    if arguments.step != "prepare" and not arguments.registry:
        raise ReleaseError("Name the registry, such as: --registry ghcr.io/example")
    helm = "helm" if arguments.dry_run or arguments.step == "prepare" else str(ensure_helm())
    runner = Runner(_ROOT, is_dry=arguments.dry_run)
    return Plan(arguments.version, Registry(arguments.registry or ""), runner, helm)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app.local.release", description="Makes a release; see docs/releasing.md."
    )
    added = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for name, said in _HELP.items():
        step = added.add_parser(name, help=said, description=f"Will {said}.")
        step.add_argument("version", metavar="X.Y.Z")
        if name != "version":
            step.add_argument("--registry", help="where images and charts go: ghcr.io/OWNER")
            step.add_argument(
                "--dry-run", action="store_true",
                help="print the commands, each as a JSON list, and change nothing",
            )  # fmt: skip
    return parser


if __name__ == "__main__":
    sys.exit(main())
