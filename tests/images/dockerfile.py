"""Our Dockerfiles."""

from pathlib import Path

from app.local.images.context import Context

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = Context(ROOT)
PLATFORM = ROOT / "Dockerfile"
SHOP = ROOT / "charts" / "woocommerce" / "image" / "Dockerfile"
MEDUSA = ROOT / "charts" / "medusa" / "image" / "Dockerfile"
MAIL = ROOT / "app" / "local" / "mail" / "Dockerfile"
DOCKERFILES = (PLATFORM, SHOP, MEDUSA, MAIL)
