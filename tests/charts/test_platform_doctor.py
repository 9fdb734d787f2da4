"""The hook that looks at the cluster before the platform is installed, and what it may."""

from typing import Any

import pytest

from app.doctor.checks.kubernetes import OLDEST
from app.doctor.checks.rights import Right, rights_for
from app.settings import Settings
from provisioner.domain.backups import BackupSettings
from tests.charts.rendering import NAMESPACE, PLATFORM, Helm, Object, Objects, Values
from tests.charts.test_network import matches
from tests.charts.test_platform import SHOP_BACKUPS, settings
from tests.charts.test_platform_network import METADATA, OUTSIDE, Other, may

pytestmark = pytest.mark.slow

EVERYTHING: Values = {
    "stores": {"url": "https://{name}.shops.test:9443", "values": {"medusa": {"plan": "small"}}},
    "database": {"existingSecret": "state", "port": 5433},
    "limits": {"redis": {"existingSecret": "counts", "port": 6380}},
    "mail": {"host": "smtp.test", "port": 2525, "existingSecret": "mail"},
}
HOOK = {"helm.sh/hook": "pre-install,pre-upgrade"}
IN_SECRETS = {
    "STORE_PLATFORM_DATABASE_URL": ("state", "url"),
    "STORE_PLATFORM_RATE_LIMIT_STORAGE": ("counts", "url"),
    "STORE_PLATFORM_SMTP_USERNAME": ("mail", "username"),
    "STORE_PLATFORM_SMTP_PASSWORD": ("mail", "password"),
}


@pytest.fixture(scope="module")
def full(doctor: Helm) -> Objects:
    return doctor.objects(EVERYTHING)


def hooks(objects: Objects) -> list[Object]:
    found = [item for item in objects if HOOK.items() <= annotations(item).items()]
    assert found
    return found


def annotations(item: Object) -> dict[str, str]:
    found: dict[str, str] = item["metadata"].get("annotations", {})
    return found


def named(objects: Objects) -> set[tuple[str, str]]:
    return {(item["kind"], item["metadata"]["name"]) for item in objects}


def test_it_is_gone_when_it_is_switched_off(doctor: Helm, full: Objects) -> None:
    without = doctor.objects({**EVERYTHING, "doctor": {"enabled": False}})
    kinds = sorted(kind for kind, name in named(full) - named(without))
    assert kinds == [
        "ClusterRole", "ClusterRoleBinding", "ConfigMap", "Job", "NetworkPolicy", "NetworkPolicy",
        "ServiceAccount",
    ]  # fmt: skip
    assert named(without) < named(full)


def test_the_job_comes_last_and_tells_what_it_saw(full: Objects) -> None:
    weights = {item["kind"]: annotations(item)["helm.sh/hook-weight"] for item in hooks(full)}
    assert weights.pop("Job") == "-10"
    assert set(weights.values()) == {"-20"}
    job = full.one("Job", "-doctor")
    assert annotations(job)["helm.sh/hook-output-log-policy"] == "hook-failed,hook-succeeded"
    # One that has failed stays, for whoever asks it again.
    assert {annotations(item)["helm.sh/hook-delete-policy"] for item in hooks(full)} == {
        "before-hook-creation,hook-succeeded"
    }


def test_it_uses_nothing_of_the_release(full: Objects) -> None:
    """Before the installation there is none of it."""
    made = {(item["kind"], item["metadata"]["name"]) for item in hooks(full)}
    spec = full.one("Job", "-doctor")["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert ("ServiceAccount", spec["serviceAccountName"]) in made
    assert "envFrom" not in container
    maps = [volume["configMap"]["name"] for volume in spec["volumes"] if "configMap" in volume]
    assert [("ConfigMap", name) in made for name in maps] == [True]
    assert not any("persistentVolumeClaim" in volume for volume in spec["volumes"])
    role = full.one("ClusterRoleBinding", "-doctor")["roleRef"]["name"]
    assert ("ClusterRole", role) in made


def test_it_has_the_settings_of_the_api(full: Objects) -> None:
    environment = {entry["name"]: entry for entry in full.containers["doctor"]["env"]}
    release = full.one("ConfigMap", "-store-platform")["data"]
    plain = {
        name: entry["value"]
        for name, entry in environment.items()
        if name not in IN_SECRETS and not name.startswith("FROM_SECRET_")
    }
    assert plain == release
    values = full.one("ConfigMap", "-doctor-engine-values")["data"]
    assert values == full.one("ConfigMap", "platform-engine-values")["data"]
    for setting, (secret, key) in IN_SECRETS.items():
        assert environment[setting]["value"] == f"$(FROM_SECRET_{setting})"
        assert environment[f"FROM_SECRET_{setting}"]["valueFrom"] == {
            "secretKeyRef": {"name": secret, "key": key, "optional": True}
        }


def test_a_secret_that_is_missing_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = "STORE_PLATFORM_RATE_LIMIT_STORAGE"
    monkeypatch.setenv(setting, f"$(FROM_SECRET_{setting})")
    with pytest.raises(ValueError, match="must begin with memory://, redis:// or rediss://"):
        Settings.read()


@pytest.mark.parametrize(
    ("access", "more"),
    [
        ({}, ["--host", "http://platform.store.localhost"]),
        ({"tls": {"enabled": True}}, ["--host", "https://platform.store.localhost"]),
        ({"by": "none"}, []),
        (
            {"by": "gateway", "gateway": {"name": "public", "namespace": "edge"}},
            ["--host", "http://platform.store.localhost", "--gateway", "edge/public"],
        ),
        (
            {"by": "gateway", "gateway": {"name": "own", "sectionName": "web"}},
            ["--host", "http://platform.store.localhost", "--gateway", f"{NAMESPACE}/own/web"],
        ),
    ],
)
def test_what_it_runs(doctor: Helm, access: Values, more: list[str]) -> None:
    objects = doctor.objects({"access": access})
    arguments = ["doctor", "--before-install", *more]
    assert objects.containers["doctor"]["args"] == arguments
    assert objects.containers["doctor"]["image"] == objects.containers["api"]["image"]


def test_it_meets_the_restricted_standard(full: Objects) -> None:
    spec: dict[str, Any] = full.templates["doctor"]["spec"]
    assert spec["securityContext"] == full.templates["api"]["spec"]["securityContext"]
    (container,) = spec["containers"]
    assert container["securityContext"] == full.containers["api"]["securityContext"]


def test_it_reads_no_secret_and_writes_nothing(full: Objects) -> None:
    rules = full.one("ClusterRole", "-doctor")["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list"}
    assert sorted(resource for rule in rules for resource in rule["resources"]) == [
        "gateways", "ingressclasses", "namespaces", "storageclasses", "volumesnapshotclasses",
    ]  # fmt: skip


def test_where_it_may_go(full: Objects) -> None:
    reached = {
        port
        for port in (25, 80, 443, 2525, 5433, 6379, 6380, 6443, 8080, 9443)
        if may(full, "doctor", "egress", Other(OUTSIDE[0]), port)
    }
    assert reached == {443, 2525, 5433, 6380, 6443, 9443}
    for address in METADATA:
        assert not may(full, "doctor", "egress", Other(address), 443)
    assert not may(full, "doctor", "ingress", Other(OUTSIDE[0]), "http")


def test_in_the_apis_pod_it_may_ask_the_mail_server(full: Objects) -> None:
    policy = full.one("NetworkPolicy", "-doctor-mail")["spec"]
    pod = full.templates["api"]["metadata"]["labels"]
    assert policy["podSelector"]["matchLabels"].items() <= pod.items()
    assert [rule["ports"] for rule in policy["egress"]] == [[{"protocol": "TCP", "port": 2525}]]
    assert policy["policyTypes"] == ["Egress"]


def test_in_the_apis_pod_it_may_ask_the_server_for_backups(doctor: Helm) -> None:
    """Also without the hook: the command can be run in the pod all the same."""
    for hook in (True, False):
        objects = doctor.objects({**SHOP_BACKUPS, "doctor": {"enabled": hook}})
        api, server = (objects.templates[name]["metadata"]["labels"] for name in ("api", "backups"))
        out = objects.one("NetworkPolicy", "-doctor-to-backup-server")["spec"]
        there = objects.one("NetworkPolicy", "-backup-server-from-doctor")["spec"]
        assert (out["policyTypes"], there["policyTypes"]) == (["Egress"], ["Ingress"])
        assert matches(out["podSelector"], api)
        assert matches(there["podSelector"], server)
        ((goes,), (comes,)) = out["egress"], there["ingress"]
        (to,), (of) = goes["to"], comes["from"]
        assert set(to) == {"podSelector"}  # of its own namespace, and no address
        assert matches(to["podSelector"], server)
        assert [set(peer) for peer in of] == [{"podSelector"}]
        assert matches(of[0]["podSelector"], api)
        (port,) = objects.containers["backups"]["ports"]
        assert goes["ports"] == [{"protocol": "TCP", "port": port["containerPort"]}]
        assert comes["ports"] == [{"protocol": "TCP", "port": port["name"]}]


def granted(role: Object, namespace: str = "") -> set[Right]:
    return {
        Right(verb, group, resource, name, namespace)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    }


@pytest.mark.parametrize("values", [{}, SHOP_BACKUPS], ids=["no backups", "backups"])
def test_the_rights_asked_for_are_those_of_the_roles(platform: Helm, values: Values) -> None:
    objects = platform.objects(values)
    backups = backups_of(objects)
    in_stores = granted(objects.one("ClusterRole", "-in-stores"))
    everywhere = granted(objects.one("ClusterRole", "-store-platform"))
    own = {right for role in objects.of("Role") for right in granted(role, NAMESPACE)}
    assert bool(own) == (backups is not None)
    name = objects.one("ClusterRole", "-in-stores")["metadata"]["name"]
    assert set(rights_for(name, backups)) == everywhere | own
    administrators = set(rights_for(None, backups))
    assert in_stores <= administrators
    assert administrators == in_stores | own | {
        right for right in everywhere if not right.group.startswith("rbac.")
    }


def backups_of(objects: Objects) -> BackupSettings | None:
    """Return what the API is told of backups by the chart."""
    given = {**settings(objects), "STORE_PLATFORM_BACKUP_KEY": "k" * 32}
    told = {name.removeprefix("STORE_PLATFORM_").lower(): value for name, value in given.items()}
    return Settings.model_validate(told).backups()


def test_the_oldest_kubernetes_is_the_charts() -> None:
    wanted = f'kubeVersion: ">={".".join(map(str, OLDEST))}.0-0"'
    for chart in PLATFORM.parent.glob("*/Chart.yaml"):
        assert wanted in chart.read_text()
