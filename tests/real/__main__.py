"""``python -m tests.real``: get ready what the tests on real nodes need, showing progress."""

import sys

from app.local import debian
from app.local.cluster import tools
from app.local.cluster.go_build import BuildError
from app.local.cluster.nodes import host
from app.local.cluster.progress import say
from app.local.cluster.toolchain import ToolchainError
from app.local.images.archive import ImageError
from app.local.images.dockerfile import DockerfileError
from app.local.images.recipes import BACKUPS, PLATFORM, ensure_images
from tests.browser import BrowserError, ensure_browser
from tests.real.engines import testable
from tests.real.versions.images import ensure_older_image
from tests.real.wordpress import ensure_image


def main() -> int:
    """Return the exit code: 0 ready, 1 not."""
    try:
        host.ensure_packages()
        ensure_browser()
        for tool in tools.for_cluster(has_real_node=True):
            tools.ensure(tool)
        tools.ensure_helm()
        ensure_image()
        for chart in (PLATFORM, BACKUPS):
            ensure_images(chart)
        if any(engine.name == "medusa" for engine in testable()):
            ensure_images("medusa")
            ensure_older_image()
    except (
        host.HostError, debian.PackageError, BrowserError, BuildError, ToolchainError,
        ImageError, DockerfileError,
    ) as error:  # fmt: skip
        say(str(error))
        return 1
    return 0


sys.exit(main())
