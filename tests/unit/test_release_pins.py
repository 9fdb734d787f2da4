"""Where a values.yaml has an image's digest; tests/integration renders the real charts."""

import pytest

from app.local.release.errors import ReleaseError
from app.local.release.images import IMAGES, Registry
from app.local.release.pins import pinned_values

REGISTRY = Registry("registry.test/shop")
DIGEST = f"sha256:{'1' * 64}"
MEDUSA, API = (image for image in IMAGES if image.name in {"medusa", "api"})


def test_a_digest_goes_behind_the_tag() -> None:
    text = "  image:\n    repository: store-platform/medusa\n    # -- Its tag.\n    tag: 2.21.2\n"
    assert pinned_values(text, MEDUSA, REGISTRY, DIGEST) == (
        "  image:\n    repository: registry.test/shop/store-platform-medusa\n"
        f"    # -- Its tag.\n    tag: 2.21.2@{DIGEST}\n"
    )


def test_or_into_the_value_that_is_there_for_it() -> None:
    text = '  image:\n    repository: store-platform/api\n    tag: ""\n    digest: ""\n    x: 1\n'
    assert pinned_values(text, API, REGISTRY, DIGEST) == (
        "  image:\n    repository: registry.test/shop/store-platform-api\n"
        f'    tag: ""\n    digest: {DIGEST}\n    x: 1\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "repository: store-platform/medusa-storefront\ntag: 2.21.2\n",
        "repository: store-platform/medusa\npullPolicy: Always\n",
        f"repository: store-platform/medusa\ntag: 2.21.2@{DIGEST}\n",
        "repository: store-platform/medusa\ntag: 2.21.2\n" * 2,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ReleaseError, match=r"^charts/medusa/values.yaml has [02] places"):
        pinned_values(text, MEDUSA, REGISTRY, DIGEST)
