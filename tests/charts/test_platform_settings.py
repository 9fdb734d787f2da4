"""What the platform's chart tells the API and the dashboard, and what it lets nobody tell them."""

from datetime import timedelta

import pytest

from app import __version__
from app.http.headers import security_headers
from app.settings import Settings
from provisioner.domain.identities import Role
from provisioner.storage.quota import Quota
from tests.charts.rendering import Helm, Objects, Values
from tests.charts.test_platform import GATEWAY, POSTGRESQL, VARIANTS, settings

OWNED = [
    f"STORE_PLATFORM_{name}"
    for name in (
        "DATABASE_URL", "METRICS_TOKEN", "RATE_LIMIT_STORAGE", "PORT", "STATE_DIR",
        "CHART_VALUES", "STORE_ROLE", "SMTP_USERNAME", "SMTP_PASSWORD",
        "TRUSTED_AUTHORITIES", "PULL_CREDENTIALS", "BACKUP_KEY", "BACKUP_ACCOUNTS",
    )
]  # fmt: skip
"""What is in a Secret, or what other objects of the chart depend on."""


@pytest.fixture(scope="module")
def default(platform: Helm) -> Objects:
    return platform.objects()


def environment(objects: Objects, component: str) -> dict[str, str]:
    """Return a container's variables that are given as they are; none is there twice."""
    entries = objects.containers[component].get("env", [])
    assert len({entry["name"] for entry in entries}) == len(entries)
    return {entry["name"]: entry["value"] for entry in entries if "value" in entry}


def test_what_follows_from_tls(platform: Helm, default: Objects) -> None:
    tls = platform.objects({"access": {"tls": {"enabled": True}}})
    for objects, redirected, seconds in ((tls, "true", "31536000"), (default, "false", "0")):
        given = settings(objects)
        assert given["STORE_PLATFORM_REDIRECT_TO_TLS"] == redirected
        assert given["STORE_PLATFORM_HSTS_SECONDS"] == seconds
        assert environment(objects, "dashboard")["REDIRECT_TO_TLS"] == redirected
    strict = security_headers(policy="", hsts_seconds=31536000)["Strict-Transport-Security"]
    assert environment(tls, "dashboard")["STRICT_TRANSPORT"] == strict
    assert "STRICT_TRANSPORT" not in environment(default, "dashboard")


def test_further_authorities_are_mounted_where_the_settings_say(
    platform: Helm, default: Objects
) -> None:
    given = platform.objects(
        {**POSTGRESQL, "trustedAuthorities": {"configMap": "own", "key": "own.pem"}}
    )
    variable = "STORE_PLATFORM_TRUSTED_AUTHORITIES"
    assert variable not in settings(default)
    assert settings(given)[variable] == "/etc/store-platform/authorities/own.pem"
    for name in ("api", "migration"):  # PostgreSQL's certificate may be of theirs
        mounts = {m["name"]: m["mountPath"] for m in given.containers[name]["volumeMounts"]}
        assert mounts["authorities"] == "/etc/store-platform/authorities"


def test_credentials_for_registries_are_mounted_where_the_settings_say(
    platform: Helm, default: Objects
) -> None:
    given = platform.objects({"stores": {"pullSecret": "registry"}})
    variable = "STORE_PLATFORM_PULL_CREDENTIALS"
    assert variable not in settings(default)
    assert settings(given)[variable] == "/etc/store-platform/pull/.dockerconfigjson"
    (mount,) = [m for m in given.containers["api"]["volumeMounts"] if "pull" in m["name"]]
    volumes = given.templates["api"]["spec"]["volumes"]
    (volume,) = [volume for volume in volumes if volume["name"] == mount["name"]]
    assert mount["mountPath"] == "/etc/store-platform/pull"
    assert volume["secret"]["secretName"] == "registry"


@pytest.mark.parametrize(
    ("tls", "redirected", "seconds"),
    [
        ({"enabled": True, "redirect": False}, "false", "31536000"),
        ({"enabled": True, "hstsSeconds": 300}, "true", "300"),
        ({"enabled": False, "redirect": True, "hstsSeconds": 300}, "false", "0"),
    ],
)
def test_redirects_and_hsts_may_be_the_ingress_own(
    platform: Helm, tls: Values, redirected: str, seconds: str
) -> None:
    given = settings(platform.objects({"access": {"tls": tls}}))
    assert given["STORE_PLATFORM_REDIRECT_TO_TLS"] == redirected
    assert given["STORE_PLATFORM_HSTS_SECONDS"] == seconds


def test_how_many_stores(platform: Helm, default: Objects) -> None:
    given_values = {"maxStores": 50, "maxStoresPerUser": 0, "countSuspended": False}
    few = platform.objects({"stores": given_values})
    for objects, expected in (
        (default, Quota(in_all=1000, per_owner=20, counts_suspended=True)),
        (few, Quota(in_all=50, per_owner=None, counts_suspended=False)),
    ):
        given = settings(objects)
        read = Settings.model_validate(
            {
                "max_stores": given["STORE_PLATFORM_MAX_STORES"],
                "max_stores_per_user": given["STORE_PLATFORM_MAX_STORES_PER_USER"],
                "count_suspended_stores": given["STORE_PLATFORM_COUNT_SUSPENDED_STORES"],
            }
        )
        assert read.platform().quota == expected


def test_how_long_events_are_kept(platform: Helm, default: Objects) -> None:
    half = platform.objects({"stores": {"eventRetentionDays": 0.5}})
    ever = platform.objects({"stores": {"eventRetentionDays": 0}})
    for objects, kept in ((default, 90.0), (half, 0.5), (ever, None)):
        days = settings(objects)["STORE_PLATFORM_EVENT_RETENTION_DAYS"]
        read = Settings.model_validate({"event_retention_days": days}).platform().retention.events
        assert read == (None if kept is None else timedelta(days=kept))


def test_what_an_issuers_roles_stand_for(platform: Helm) -> None:
    oidc = {"issuer": "https://id.example.com", "audience": "a", "clientId": "c"}
    roles = {"shop-staff": "operator", "shop-admins": "admin"}
    given = settings(
        platform.objects({"oidc": {**oidc, "roles": roles, "rolesClaim": "realm_access.roles"}})
    )
    read = Settings.model_validate(
        {
            "oidc_issuer": given["STORE_PLATFORM_OIDC_ISSUER"],
            "oidc_audience": given["STORE_PLATFORM_OIDC_AUDIENCE"],
            "oidc_roles": given["STORE_PLATFORM_OIDC_ROLES"],
            "oidc_roles_claim": given["STORE_PLATFORM_OIDC_ROLES_CLAIM"],
        }
    ).oidc()
    assert read is not None
    assert read.roles == {"shop-staff": Role.OPERATOR, "shop-admins": Role.ADMIN}
    assert read.roles_claim == "realm_access.roles"
    by_default = settings(platform.objects({"oidc": oidc}))
    assert not [name for name in by_default if "ROLES" in name]
    assert "at '/oidc/roles" in platform.refusal({"oidc": {**oidc, "roles": {"a": "owner"}}})
    said = platform.refusal({"oidc": {**oidc, "roles": {"a,b": "admin"}}})
    assert "'a,b' does not match pattern" in said  # helm names another place, by a fault of its own


@pytest.mark.parametrize(
    "values",
    [
        {"access": {"graphiql": False}},
        {"api": {"extraEnv": {"STORE_PLATFORM_GRAPHIQL": "false"}}},
    ],
)
def test_graphiql_is_off_in_both(platform: Helm, default: Objects, values: Values) -> None:
    objects = platform.objects(values)
    assert settings(objects)["STORE_PLATFORM_GRAPHIQL"] == "false"
    assert environment(objects, "dashboard")["GRAPHIQL"] == "false"
    assert settings(default)["STORE_PLATFORM_GRAPHIQL"] == "true"
    assert environment(default, "dashboard")["GRAPHIQL"] == "true"


def test_who_is_believed_follows_how_the_platform_is_reached(
    platform: Helm, default: Objects
) -> None:
    for objects in (default, platform.objects(GATEWAY)):
        read = Settings.model_validate(
            {
                "trusted_proxies": settings(objects)["STORE_PLATFORM_TRUSTED_PROXIES"],
                "proxy_hops": settings(objects)["STORE_PLATFORM_PROXY_HOPS"],
            }
        )
        assert read.proxy_hops == 1
        assert {network.is_global for network in read.trusted_proxies} == {False}
    alone = settings(platform.objects(VARIANTS["no access"]))
    assert not {"STORE_PLATFORM_TRUSTED_PROXIES", "STORE_PLATFORM_PROXY_HOPS"} & set(alone)


MAIL = {
    "host": "mail.test", "port": 465, "security": "tls", "from": "{name}@shops.test",
    "existingSecret": "mail-account",
}  # fmt: skip


def test_the_mail_server_of_shops(platform: Helm) -> None:
    objects = platform.objects({"mail": MAIL})
    given = {
        name.removeprefix("STORE_PLATFORM_").lower(): value
        for name, value in settings(objects).items()
        if name.startswith("STORE_PLATFORM_SMTP_")
    }
    account = {
        entry["name"].removeprefix("STORE_PLATFORM_").lower(): entry["valueFrom"]["secretKeyRef"]
        for entry in objects.containers["api"]["env"]
        if entry["name"].startswith("STORE_PLATFORM_SMTP_")
    }
    assert account == {
        "smtp_username": {"name": "mail-account", "key": "username"},
        "smtp_password": {"name": "mail-account", "key": "password"},
    }
    read = Settings.model_validate({**given, **dict.fromkeys(account, "as in the Secret")})
    server = read.mail_server()
    assert server is not None
    assert (server.host, server.port, server.security) == ("mail.test", 465, "tls")
    assert server.sender == "{name}@shops.test"


def test_without_a_mail_server_its_account_is_not_asked_for(platform: Helm) -> None:
    given = settings(platform.objects({"mail": {**MAIL, "host": ""}}))
    assert not [name for name in given if "SMTP" in name]
    assert "SMTP" not in str(platform.objects({"mail": {**MAIL, "host": ""}}).containers["api"])


def test_further_variables_go_over_the_charts(platform: Helm) -> None:
    more = {"STORE_PLATFORM_HOST": "0.0.0.0", "STORE_PLATFORM_LOG_LEVEL": "debug", "TZ": ""}  # noqa: S104
    given = settings(platform.objects({"api": {"extraEnv": more}}))
    assert given == {**settings(platform.objects()), **more}
    text = platform.text({"api": {"extraEnv": more}})
    assert text.count("STORE_PLATFORM_HOST:") == 1


@pytest.mark.parametrize("name", OWNED)
def test_what_only_the_chart_sets(platform: Helm, name: str) -> None:
    said = platform.refusal({"api": {"extraEnv": {name: "x"}}})
    assert f"api.extraEnv: {name} is the chart's own to set" in said


def test_images_by_digest(platform: Helm) -> None:
    digest = f"sha256:{'0123456789abcdef' * 4}"
    images = {"image": {"digest": digest}}
    objects = platform.objects({**POSTGRESQL, "api": images, "dashboard": images})
    assert {name: c["image"] for name, c in objects.containers.items()} == {
        "api": f"store-platform/api:{__version__}@{digest}",
        "migration": f"store-platform/api:{__version__}@{digest}",
        "dashboard": f"store-platform/dashboard:{__version__}@{digest}",
    }
    assert "digest" in platform.refusal({"api": {"image": {"digest": "latest"}}})
