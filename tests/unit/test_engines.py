"""engine.yaml: what fits becomes an engine, what does not is refused with file and field."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from provisioner.domain.engines import EngineCatalogue, ShopService, SignIn, load_engine
from provisioner.domain.errors import ConfigurationError
from provisioner.domain.plans import Plan
from tests.stores import a_store

CHARTS = Path(__file__).resolve().parents[2] / "charts"
GOOD: dict[str, object] = {
    "apiVersion": "store-platform.dev/v1",
    "name": "tiny",
    "displayName": "Tiny",
    "description": "A shop.",
    "releasePrefix": "tiny",
    "workloads": [{"component": "web", "kind": "Deployment"}],
    "versions": [{"name": "1", "default": True}],
}


def write(folder: Path, description: object, name: str = "tiny") -> Path:
    chart = folder / name
    chart.mkdir()
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: tiny\nversion: 0.1.0\n")
    (chart / "engine.yaml").write_text(yaml.safe_dump(description))
    return chart


def test_the_shipped_engines_load() -> None:
    catalogue = EngineCatalogue.load([CHARTS])
    assert "woocommerce" in catalogue
    for engine in catalogue.values():
        assert engine.version(engine.default_version.name) == engine.default_version


def test_an_engine_may_be_unavailable() -> None:
    catalogue = EngineCatalogue.load([CHARTS], {"medusa": "Its image is not here."})
    assert {name: engine.unavailable_reason for name, engine in catalogue.items()} == {
        "medusa": "Its image is not here.",
        "woocommerce": None,
    }


def test_an_engine_that_does_not_exist_is_not_unavailable() -> None:
    with pytest.raises(ConfigurationError, match="STORE_PLATFORM_UNAVAILABLE_ENGINES names magent"):
        EngineCatalogue.load([CHARTS], {"magento": "Its image is not here."})


def test_a_small_engine_loads_with_defaults(tmp_path: Path) -> None:
    engine = load_engine(write(tmp_path, GOOD))
    assert (engine.name, engine.setup_job, engine.shop_path) == ("tiny", None, "/")
    assert [w.replicas for w in engine.workloads] == [1]


@pytest.mark.parametrize(
    ("said", "email", "name"),
    [
        ("admin", "ada@example.com", "admin"),
        ("{email}", "ada@example.com", "ada@example.com"),
        ("{email}", None, "admin@h"),
    ],
)
def test_the_administrators_name_may_be_the_merchants_address(
    tmp_path: Path, said: str, email: str | None, name: str
) -> None:
    engine = load_engine(write(tmp_path, GOOD | {"adminUser": said}))
    assert engine.admin_user_of(replace(a_store(), contact_email=email)) == name


def test_a_time_limit_of_the_engines_own(tmp_path: Path) -> None:
    assert load_engine(write(tmp_path, GOOD)).provision_timeout is None
    slow = write(tmp_path, GOOD | {"provisionTimeoutSeconds": 900}, name="slow")
    assert load_engine(slow).provision_timeout == timedelta(minutes=15)


SUCCESSIVE = [
    {"name": "1"},
    {"name": "2", "default": True, "follows": ["1"], "whatIsNew": "Search is faster."},
    {"name": "2a", "follows": ["1"]},
    {"name": "3", "follows": ["2", "0.9"]},  # a shop of one that is offered no more may come too
]


def test_which_versions_follow_which(tmp_path: Path) -> None:
    engine = load_engine(write(tmp_path, GOOD | {"versions": SUCCESSIVE}))
    assert [(v.name, v.follows, v.what_is_new) for v in engine.versions] == [
        ("1", (), ""), ("2", ("1",), "Search is faster."), ("2a", ("1",), ""),
        ("3", ("2", "0.9"), ""),
    ]  # fmt: skip
    for name, after, later in (
        ("0.9", ["3"], {"3"}), ("1", ["2", "2a"], {"2", "2a", "3"}), ("2", ["3"], {"3"}),
        ("2a", [], set()), ("3", [], set()), ("unknown", [], set()),
    ):  # fmt: skip
        assert [version.name for version in engine.versions_after(name)] == after
        assert engine.later_than(name) == later


def test_versions_may_follow_each_other_in_a_circle(tmp_path: Path) -> None:
    """So that a shop can be brought to the former one with its data, where the engine can that."""
    versions = [{"name": "1", "default": True, "follows": ["2"]}, {"name": "2", "follows": ["1"]}]
    engine = load_engine(write(tmp_path, GOOD | {"versions": versions}))
    assert engine.later_than("1") == {"2"}
    assert engine.later_than("2") == {"1"}


def test_what_a_backup_counts(tmp_path: Path) -> None:
    assert load_engine(write(tmp_path, GOOD)).backup_counts is None
    saved = write(tmp_path, GOOD | {"backup": {"counts": ["orders"]}}, name="saved")
    assert load_engine(saved).backup_counts == ("orders",)


def test_what_closes_a_shop(tmp_path: Path) -> None:
    assert load_engine(write(tmp_path, GOOD)).closed_by == ()
    workloads = [{"component": name, "kind": "Deployment"} for name in ("web", "worker", "mail")]
    backup = {"counts": ["orders"], "closedBy": ["worker", "web"]}
    closed = write(tmp_path, GOOD | {"workloads": workloads, "backup": backup}, name="closed")
    assert load_engine(closed).closed_by == ("worker", "web")
    saved = write(tmp_path, GOOD | {"backup": {"counts": ["orders"]}}, name="saved")
    assert load_engine(saved).closed_by == ()


def test_which_service_serves_shoppers(tmp_path: Path) -> None:
    assert load_engine(write(tmp_path, GOOD)).shop_service is None
    served = load_engine(write(tmp_path, GOOD | {"shopService": {"component": "web"}}, name="a"))
    assert served.shop_service is not None
    assert served.shop_service.port == 80
    assert served.shop_service.name_of(replace(a_store(), release="tiny-1")) == "tiny-1-web"
    own = write(tmp_path, GOOD | {"shopService": {"component": "web", "port": 3000}}, name="b")
    assert load_engine(own).shop_service == ShopService("web", 3000)


ACCESS = {"resetsPasswords": True, "adminPasswordKey": "a", "credentials": [{"key": "a"}]}


def test_the_ways_in_to_the_administration(tmp_path: Path) -> None:
    none = load_engine(write(tmp_path, GOOD))
    assert (none.resets_passwords, none.sign_in) == (False, None)
    both = write(tmp_path, GOOD | ACCESS | {"signIn": {"path": "/x", "key": "a"}}, name="both")
    found = load_engine(both)
    assert (found.resets_passwords, found.sign_in) == (True, SignIn("/x", "a"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shopService": {}}, "$.shopService"),
        ({"shopService": {"component": "web", "port": 0}}, "$.shopService.port"),
        ({"shopService": {"component": "web", "port": "http"}}, "$.shopService.port"),
        (
            {"shopService": {"component": "shop"}},
            "engine.yaml: `shopService` names shop, which `workloads` does not have.",
        ),
        ({"backup": {}}, "$.backup"),
        ({"backup": {"counts": []}}, "$.backup.counts"),
        ({"backup": {"counts": ["All Orders"]}}, "$.backup.counts[0]"),
        (
            {"backup": {"counts": ["orders"], "closedBy": ["web", "worker", "mail"]}},
            "engine.yaml: `backup.closedBy` names worker, mail, which `workloads` does not have.",
        ),
        ({"backup": {"counts": ["orders"], "closedBy": ["The Web"]}}, "$.backup.closedBy[0]"),
        ({"backup": {"closedBy": ["web"]}}, "$.backup"),
        ({"name": "Not A Label"}, "$.name"),
        ({"workloads": []}, "$.workloads"),
        ({"workloads": [{"component": "web", "kind": "DaemonSet"}]}, "$.workloads[0].kind"),
        ({"versions": [{"name": "1"}]}, "exactly one of `versions` must have `default: true`"),
        (
            {"versions": [{"name": "1", "default": True}, {"name": "2"}, {"name": "2"}]},
            "engine.yaml: `versions` has 2 more than once.",
        ),
        (
            {"versions": [{"name": "2", "default": True, "follows": ["1", "2"]}]},
            "engine.yaml: version '2' cannot follow itself.",
        ),
        ({"versions": [{"name": "1", "default": True, "follows": "0"}]}, "$.versions[0].follows"),
        (
            {"versions": [{"name": "1", "default": True, "whatIsNew": "x" * 501}]},
            "$.versions[0].whatIsNew",
        ),
        ({"relasePrefix": "typo"}, "relasePrefix"),
        ({"credentials": [{"key": "a", "length": 4}]}, "$.credentials[0].length"),
        ({"apiVersion": "v2"}, "$.apiVersion"),
        ({"adminUser": "admin@{host}"}, "$.adminUser"),
        ({"provisionTimeoutSeconds": 5}, "$.provisionTimeoutSeconds"),
        ({"provisionTimeoutSeconds": "long"}, "$.provisionTimeoutSeconds"),
        ({"walk": [{"path": "shop"}]}, "$.walk[0].path"),
        ({"walk": [{"path": "/{product}"}]}, "$.walk[0]: '/{product}' has a name that no earlier"),
        (
            {"walk": [{"path": "/"}, {"path": "/cart", "form": {"product": "{handle}"}}]},
            "$.walk[1]: '{handle}' has a name that no earlier page has",
        ),
        ({"walk": [{"path": "/{"}]}, "$.walk[0]"),
        ({"resetsPasswords": True}, "engine.yaml: `resetsPasswords` needs an `adminPasswordKey`."),
        ({"resetsPasswords": "yes"}, "$.resetsPasswords"),
        ({"signIn": {"path": "x", "key": "a"}}, "$.signIn.path"),
        (
            {"signIn": {"path": "/x", "key": "a"}},
            "engine.yaml: `signIn` needs `resetsPasswords`.",
        ),
        (
            ACCESS | {"signIn": {"path": "/x", "key": "b"}},
            "engine.yaml: `signIn.key` must be a key of `credentials`.",
        ),
        ({"walk": [{"path": "/", "finds": {"product": "("}}]}, "$.walk[0].finds.product"),
    ],
)
def test_refused_descriptions(tmp_path: Path, change: dict[str, object], words: str) -> None:
    chart = write(tmp_path, GOOD | change)
    with pytest.raises(ConfigurationError) as refused:
        load_engine(chart)
    assert str(chart / "engine.yaml") in str(refused.value)
    assert words in str(refused.value)


PLANS = {"plans": {"small": {"cpu": "100m"}, "large": {"cpu": 2}}}


def with_plans(tmp_path: Path, said: str) -> dict[str, str]:
    """Return what new stores ask for where the operator's values say this."""
    chart = write(tmp_path, GOOD | PLANS)
    (chart / "values.yaml").write_text("plan: small\nother: [1]\n")
    (tmp_path / "tiny.yaml").write_text(said)
    return dict(load_engine(chart, {"tiny": [tmp_path / "tiny.yaml"], "other": []}).resources)


@pytest.mark.parametrize(
    ("said", "cpu"), [("", "100m"), ("ingress: {}", "100m"), ("plan: large", "2")]
)
def test_resources_are_those_of_the_plan_that_is_set(tmp_path: Path, said: str, cpu: str) -> None:
    assert with_plans(tmp_path, said) == {"cpu": cpu, "memory": "0", "storage": "0"}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("plan: huge", "set `plan` to 'huge', which is none of `plans`: large, small."),
        ("plan: [small]", "tiny.yaml: Expected `str | null`, got `array` - at `$.plan`."),
        ("plan: {", "tiny.yaml: "),
    ],
)
def test_a_plan_that_there_is_not_is_refused(tmp_path: Path, said: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        with_plans(tmp_path, said)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"storage": "10 GB"}, "`plans.small.storage` is '10 GB', which is no quantity such as"),
        ({"pods": 3}, "Object contains unknown field `pods` - at `$.plans[...]`"),
        ({"description": "x" * 501}, "$.plans[...].description"),
    ],
)
def test_a_plan_that_says_something_wrong(
    tmp_path: Path, plan: dict[str, object], words: str
) -> None:
    chart = write(tmp_path, GOOD | {"plans": {"small": plan}})
    (chart / "values.yaml").write_text("plan: small\n")
    with pytest.raises(ConfigurationError) as refused:
        load_engine(chart)
    assert words in str(refused.value)


def test_plans_say_what_they_are(tmp_path: Path) -> None:
    large = {"cpu": 2, "memory": "4Gi", "storage": "80Gi", "description": "For many."}
    chart = write(tmp_path, GOOD | {"plans": {"small": {"storage": "5Gi"}, "large": large}})
    (chart / "values.yaml").write_text("plan: small\n")
    catalogue = EngineCatalogue.load([tmp_path], prices={"tiny": {"large": "9 € a month"}})
    assert catalogue["tiny"].plans == (
        Plan(
            "large", {"cpu": "2", "memory": "4Gi", "storage": "80Gi"}, "For many.",
            price="9 € a month",
        ),
        Plan("small", {"cpu": "0", "memory": "0", "storage": "5Gi"}, is_default=True),
    )  # fmt: skip


def test_a_store_of_before_plans_has_the_default_one(tmp_path: Path) -> None:
    chart = write(tmp_path, GOOD | PLANS)
    (chart / "values.yaml").write_text("plan: large\n")
    engine, store = load_engine(chart), a_store()
    assert engine.plan_of(store) == engine.default_plan == engine.plan("large")
    assert engine.plan_of(replace(store, plan="small")) == engine.plan("small")
    assert engine.plan_of(replace(store, plan="gone")) is None


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        ({"magento": {}}, "the engine magento, which does not exist"),
        (
            {"medusa": {"huge": "9 €"}},
            "the plan huge of medusa, which is none of its plans: small,",
        ),
    ],
)
def test_a_price_of_what_does_not_exist_is_refused(
    prices: dict[str, dict[str, str]], words: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        EngineCatalogue.load([CHARTS], prices=prices)
    assert str(refused.value).startswith(f"STORE_PLATFORM_PLAN_PRICES names {words}")


def test_a_folder_without_a_chart(tmp_path: Path) -> None:
    chart = write(tmp_path, GOOD)
    (chart / "Chart.yaml").unlink()
    with pytest.raises(ConfigurationError, match=r"no Chart\.yaml"):
        load_engine(chart)


def test_no_engine_at_all(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="There is no engine"):
        EngineCatalogue.load([tmp_path])


def test_an_engine_that_exists_twice(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, name="copy")
    with pytest.raises(ConfigurationError, match="'tiny' exists twice"):
        EngineCatalogue.load([tmp_path])


def test_which_values_a_closed_shop_has(tmp_path: Path) -> None:
    closed = {"ingress": {"enabled": False}}
    assert load_engine(write(tmp_path, GOOD)).while_closed == {}
    given = write(tmp_path, GOOD | {"whileClosed": closed}, name="b")
    assert load_engine(given).while_closed == closed
    # Which of the two would win is nothing that an engine should depend on
    version = {"name": "1", "default": True, "values": {"ingress": {"className": "nginx"}}}
    both = write(tmp_path, GOOD | {"whileClosed": closed, "versions": [version]}, name="c")
    with pytest.raises(
        ConfigurationError, match="`whileClosed` and the `values` of a version both set ingress"
    ):
        load_engine(both)
