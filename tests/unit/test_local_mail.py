"""The mail of local shops: where it goes, and who is told."""

import pytest
import yaml

from app.local import mail
from provisioner.domain.names import RESERVED_NAMES

SHOPS = {"STORE_PLATFORM_SHOP_URL": "http://{name}.store.localhost:8000"}


def test_the_settings_lead_to_what_the_manifest_makes() -> None:
    settings = mail.settings()
    objects = {item["kind"]: item for item in yaml.safe_load_all(mail.MANIFEST.read_text())}
    service = objects["Service"]
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    assert settings["STORE_PLATFORM_SMTP_HOST"] == f"{name}.{namespace}.svc.cluster.local"
    ports = {port["name"]: port["port"] for port in service["spec"]["ports"]}
    assert settings["STORE_PLATFORM_SMTP_PORT"] == str(ports["smtp"])
    (container,) = objects["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert container["image"] == mail.IMAGE


def test_no_shop_can_have_the_name_of_its_page() -> None:
    assert mail.page(SHOPS | mail.settings()) == "http://mail.store.localhost:8000"
    (ingress,) = [
        item for item in yaml.safe_load_all(mail.MANIFEST.read_text()) if item["kind"] == "Ingress"
    ]
    (rule,) = ingress["spec"]["rules"]
    assert rule["host"] == "mail.store.localhost"
    assert "mail" in RESERVED_NAMES


def test_a_mail_server_of_the_users_own_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_PLATFORM_SMTP_HOST", "mail.example.com")
    assert mail.settings() == {}
    assert mail.page(SHOPS | {"STORE_PLATFORM_SMTP_HOST": "mail.example.com"}) is None
    assert mail.page(SHOPS) is None
