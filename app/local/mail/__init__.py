"""The mail of local shops: MailDev in the cluster, which keeps it and shows it on a page.

``make up`` tells the platform of it wherever an ingress leads to its page. In a cluster that the
user has named, or where the user names a mail server, mail goes where the user says.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from app.local.images.building import Recipe

IMAGE = "localhost/maildev:3.0.0"
MANIFEST = Path(__file__).with_name("mail.yaml")
FOLDER = MANIFEST.parent
_HOST = "STORE_PLATFORM_SMTP_HOST"
_SERVICE = "maildev.mail.svc.cluster.local"


def recipe() -> Recipe:
    """Return how MailDev's image is made without Docker."""
    return Recipe(IMAGE, FOLDER / "Dockerfile", FOLDER)


def settings() -> dict[str, str]:
    """Return the service's settings that lead the shops' mail there; none if the user has some."""
    if _HOST in os.environ:
        return {}
    return {
        _HOST: _SERVICE,
        "STORE_PLATFORM_SMTP_PORT": "1025",
        "STORE_PLATFORM_SMTP_SECURITY": "none",
    }


def page(environment: Mapping[str, str]) -> str | None:
    """Return the address of the page with the mail, or None if it goes elsewhere."""
    if environment.get(_HOST) != _SERVICE:
        return None
    return environment["STORE_PLATFORM_SHOP_URL"].format(name="mail")
