"""The images of a release: what each is built from, and what it is called.

They are built for amd64 and arm64, and pushed without a tag: nobody comes by one until the very
end, when `publish` gives each its tag. Images of shops come first, because the API's image has the
charts that name them by digest.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import yaml

from app.local.release.errors import ReleaseError
from app.local.release.runner import Runner

PLATFORMS = "linux/amd64,linux/arm64"
UNKNOWN_DIGEST = f"sha256:{'0' * 64}"
"""Stands in a dry run for what only a build tells."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image as `make images` builds it too."""

    name: str
    """Without `store-platform/`, which charts have before it."""
    chart: str
    component: str
    """The key of the chart's values that has it as `image`."""
    context: str
    """The build's folder, from the repository's root."""
    options: tuple[str, ...]
    """Further options of `docker build`; files are named from the root too."""

    def tag(self, source: Path) -> str:
        """Return the tag that the chart asks for."""
        chart = source / "charts" / self.chart
        given = yaml.safe_load((chart / "values.yaml").read_text())[self.component]["image"]["tag"]
        described = yaml.safe_load((chart / "Chart.yaml").read_text())
        return str(given or described["appVersion"])


_MEDUSA = ("--file", "charts/medusa/image/Dockerfile", "--target")
IMAGES = (
    Image("medusa", "medusa", "medusa", "charts/medusa", (*_MEDUSA, "server")),
    Image(
        "medusa-storefront", "medusa", "storefront", "charts/medusa", (*_MEDUSA, "storefront")
    ),
    Image(
        "woocommerce", "woocommerce", "wordpress", "charts/woocommerce/image",
        ("--build-arg", "WOOCOMMERCE_SHA256"),
    ),
    Image("api", "store-platform", "api", ".", ("--target", "api")),
    Image("dashboard", "store-platform", "dashboard", ".", ("--target", "dashboard")),
)  # fmt: skip
"""In the order that they are built in."""


@dataclass(frozen=True, slots=True)
class Registry:
    """Where images and charts go, such as ``ghcr.io/example``."""

    address: str

    @property
    def charts(self) -> str:
        return f"{self.address}/charts"

    def repository(self, image: Image) -> str:
        return f"{self.address}/store-platform-{image.name}"


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds images from the sources of a release, run in their folder."""

    runner: Runner
    registry: Registry
    results: Path
    """The folder of what each build tells, the image's digest among it."""

    def push(self, image: Image) -> None:
        """Build an image with its SBOM and provenance, push it by digest, and sign it."""
        repository = self.registry.repository(image)
        result = self._result(image)
        if not self.runner.is_dry:
            self.results.mkdir(parents=True, exist_ok=True)
        self.runner.run(
            "docker", "buildx", "build", "--platform", PLATFORMS, "--sbom=true",
            "--provenance=mode=max",
            "--output", f"type=image,name={repository},push-by-digest=true,push=true",
            "--metadata-file", str(result), *image.options, image.context,
        )  # fmt: skip
        self.runner.run("cosign", "sign", "--yes", f"{repository}@{self.digest(image)}")

    def digest(self, image: Image) -> str:
        """Return the digest of an image that was pushed. Raises ReleaseError if none was."""
        if self.runner.is_dry:
            return UNKNOWN_DIGEST
        try:
            told = json.loads(self._result(image).read_text())
        except FileNotFoundError as error:
            raise ReleaseError(
                f"The image {image.name} is not built. Run the step `images` first."
            ) from error
        return str(told["containerimage.digest"])

    def publish(self, image: Image, tag: str) -> None:
        """Give an image that was pushed its tag."""
        repository = self.registry.repository(image)
        self.runner.run(
            "docker", "buildx", "imagetools", "create", "--tag", f"{repository}:{tag}",
            f"{repository}@{self.digest(image)}",
        )  # fmt: skip

    def _result(self, image: Image) -> Path:
        return self.results / f"{image.name}.json"
