"""There is one version, that of pyproject.toml, wherever one is written down."""

from app import __version__
from app.local.release.version import current, differences
from app.settings import ROOT


def test_every_place_has_the_version_of_pyproject() -> None:
    version = current(ROOT)
    wrong = list(differences(ROOT))
    assert wrong == [], f"Run `make version VERSION={version}`, which writes {version} everywhere."
    assert __version__ == version
