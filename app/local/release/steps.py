"""The steps of a release. Each can be run alone, in this order; publishing comes last.

Until `publish_all` nothing has a name that anybody looks for: images are pushed without tags, and
charts and packages are files. What fails before that is mended and run again.
"""

import re
import shutil
import sys
from datetime import UTC, datetime

from app.local.release.changelog import released, section
from app.local.release.errors import ReleaseError
from app.local.release.images import IMAGES, UNKNOWN_DIGEST
from app.local.release.pins import name_registry, pin
from app.local.release.plan import Plan

CHARTS = ("medusa", "woocommerce", "store-platform")
"""The platform's own is the last: once it is there, the version counts as published."""
_TOOLS = "app/local/release/requirements.lock"
_SIGNATURE = ".sigstore.json"


def prepare(plan: Plan) -> None:
    """Move what is unreleased under the version, commit that, and tag it: all or nothing.

    The tree has to be as committed. Raises ReleaseError.
    """
    run = plan.runner.run
    start = plan.runner.ask("git", "rev-parse", "HEAD")
    text = released(plan.changelog.read_text(), plan.version, datetime.now(UTC).date())
    try:
        plan.runner.write(plan.changelog, text)
        run("git", "commit", "--message", f"Release {plan.version}", "--", plan.changelog.name)
        run("git", "tag", "--annotate", "--message", f"Release {plan.version}", plan.tag)
    except ReleaseError:
        run("git", "reset", "--quiet", "--hard", start)
        raise


def push_images(plan: Plan) -> None:
    """Build, push and sign all images, and name their digests in the charts. Raises ReleaseError.

    The charts of the shops are in the API's image, so each is pinned before that is built.
    """
    _check_out(plan)
    for image in IMAGES:
        plan.builder.push(image)
        if not plan.runner.is_dry:
            pin(plan.source, image, plan.registry, plan.builder.digest(image))
    if not plan.runner.is_dry:
        name_registry(plan.source, plan.registry)


def package_charts(plan: Plan) -> None:
    """Package the charts, whose images `push_images` has pinned. Raises ReleaseError."""
    for image in IMAGES:
        plan.builder.digest(image)  # or a chart would be without it
    for chart in CHARTS:
        plan.runner.run(
            plan.helm, "package", str(plan.source / "charts" / chart),
            "--destination", str(plan.charts),
        )  # fmt: skip


def build_packages(plan: Plan) -> None:
    """Build the wheel and the source archive with their SBOM, and sign each. Raises ReleaseError.

    What builds them is installed from a lock into an environment of its own.
    """
    run, source = plan.runner.run, str(plan.source)
    tools = plan.folder / "tools"
    python = str(tools / "bin" / "python")
    sbom = plan.packages / f"store_platform-{plan.version}.cdx.json"
    run(sys.executable, "-m", "venv", "--clear", str(tools))
    run(
        python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes",
        "--requirement", _TOOLS,
    )  # fmt: skip
    run(python, "-m", "build", "--no-isolation", "--outdir", str(plan.packages), source)
    run(
        python, "-m", "cyclonedx_py", "requirements", "--output-reproducible",
        "--pyproject", f"{source}/pyproject.toml", "--output-file", str(sbom),
        f"{source}/requirements.lock",
    )  # fmt: skip
    name = f"store_platform-{plan.version}"
    for file in (f"{name}-py3-none-any.whl", f"{name}.tar.gz", sbom.name):
        path = str(plan.packages / file)
        run("cosign", "sign-blob", "--yes", "--bundle", f"{path}{_SIGNATURE}", path)


def publish_all(plan: Plan) -> None:
    """Give the images their tags, then push and sign the charts. Raises ReleaseError."""
    for image in IMAGES:
        plan.builder.publish(image, image.tag(plan.root))
    for chart in CHARTS:
        archive = plan.charts / f"{chart}-{plan.version}.tgz"
        told = plan.runner.run(plan.helm, "push", str(archive), f"oci://{plan.registry.charts}")
        digest = _pushed_digest(plan, told)
        plan.runner.run("cosign", "sign", "--yes", f"{plan.registry.charts}/{chart}@{digest}")


def write_notes(plan: Plan) -> None:
    """Write what the changelog says of the version, for the release's page."""
    if not plan.runner.is_dry:  # then the changelog may still have it as unreleased
        plan.runner.write(plan.notes, section(plan.changelog.read_text(), plan.version))


def _check_out(plan: Plan) -> None:
    """Unpack what the tag has, and nothing else, beside the working tree."""
    archive = plan.folder / "source.tar"
    if not plan.runner.is_dry:
        shutil.rmtree(plan.folder, ignore_errors=True)  # with the digests of an earlier run
        plan.source.mkdir(parents=True)
    plan.runner.run("git", "archive", "--output", str(archive), plan.tag)
    plan.runner.run("tar", "--extract", "--file", str(archive), "--directory", str(plan.source))


def _pushed_digest(plan: Plan, told: str) -> str:
    """Return the digest of a chart, which helm tells when it has pushed it. Raises ReleaseError."""
    if plan.runner.is_dry:
        return UNKNOWN_DIGEST
    found = re.search(r"^Digest: (sha256:[0-9a-f]{64})$", told, re.MULTILINE)
    if found is None:
        raise ReleaseError(f"helm does not tell the digest of what it pushed:\n{told}")
    return found[1]
