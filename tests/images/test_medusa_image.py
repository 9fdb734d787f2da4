"""Medusa's images: one recipe, whoever carries it out, and what the chart asks of it."""

import json
import re
import subprocess
from pathlib import Path

import yaml

from app.local import frontend, mail
from app.local.cluster import nodes, tools
from app.local.cluster.nodes.addresses import NODE_ADDRESS
from app.local.images import bases
from app.local.images.dockerfile import stages
from app.local.images.recipes import BACKUPS, POSTGRES, RESTIC, recipes
from provisioner.domain.engines import load_engine
from tests.charts.rendering import MEDUSA as CHART
from tests.images.dockerfile import MEDUSA, ROOT

IMAGE = MEDUSA.parent
VALUES_OF_THE_REAL_NODE = Path(nodes.__file__).parent / "values"
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())


def test_without_docker_the_same_dockerfile_is_carried_out() -> None:
    """There is no other list of steps: what docker builds, and what app.local.images does."""
    found = {recipe.reference: recipe for recipe in recipes("medusa")}
    makefile = (ROOT / "Makefile").read_text()
    for component, target in (("medusa", "server"), ("storefront", "storefront")):
        image = f"{VALUES[component]['image']['repository']}:{VALUES[component]['image']['tag']}"
        recipe = found[f"docker.io/{image}"]
        assert (recipe.dockerfile, recipe.context, recipe.target) == (MEDUSA, CHART, target)
        built = (
            f"--file charts/medusa/image/Dockerfile --target {target} --tag {image} charts/medusa"
        )
        assert built in makefile
        assert f"#   docker build {built}\n" in MEDUSA.read_text()


def test_the_base_is_made_of_the_version_that_the_dockerfile_names() -> None:
    locked = json.loads((bases.NODE_PACKAGES / "package-lock.json").read_text())["packages"]
    found_stages = stages(MEDUSA)
    (base,) = {stage.base for stage in found_stages.values() if stage.base not in found_stages}
    found = bases._NODE.fullmatch(base)
    assert found
    for architecture in ("x64", "arm64"):
        package = locked[f"node_modules/node-linux-{architecture}"]
        assert package["version"] == found["version"]
        assert package["integrity"].startswith("sha512-")


def test_the_version_is_the_charts_the_engines_and_the_packages() -> None:
    version = VALUES["medusa"]["image"]["tag"]
    packages = json.loads((IMAGE / "package.json").read_text())["dependencies"]
    ours = {name: found for name, found in packages.items() if name.startswith("@medusajs/")}
    assert set(ours.values()) == {version}
    assert yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"] == version
    assert version.startswith(f"{load_engine(CHART).default_version.name}.")


def test_every_package_is_locked_by_digest() -> None:
    """And by none that one registry alone has: a lock names no registry."""
    for folder in (IMAGE, bases.NODE_PACKAGES, mail.FOLDER):
        packages = json.loads((folder / "package-lock.json").read_text())["packages"]
        del packages[""]
        assert packages
        for name, package in packages.items():
            is_in_another = package.get("inBundle", False)
            assert is_in_another or package["integrity"].startswith("sha512-"), name
            assert "resolved" not in package, name


def test_the_image_is_what_the_chart_runs() -> None:
    server, below = stages(MEDUSA)["server"], stages(MEDUSA)["medusa"]
    chart = VALUES["medusa"]
    assert server.base == "medusa"
    assert below.last("WORKDIR") == chart["path"]
    assert server.last("USER") == f"{chart['userId']}:{chart['userId']}"
    assert server.last("EXPOSE") == below.environment["PORT"] == str(chart["port"])
    assert "mkdir static private" in below.last("RUN")
    (scripts,) = [c for c in server.copies if c.target == "/usr/local/bin/"]
    names = {source.removeprefix("image/") for source in scripts.sources}
    assert names == {chart["waitCommand"][0], VALUES["setup"]["command"][0]}
    storefront = stages(MEDUSA)["storefront"]
    assert storefront.last("USER") == f"{VALUES['storefront']['userId']}:1000"
    assert storefront.environment["PORT"] == str(VALUES["storefront"]["port"])


def test_modules_of_our_own_have_a_place_for_migrations() -> None:
    """Else the migration of a shop that sends mail fails; a new shop is not migrated."""
    own = re.findall(r'resolve: "\./(.+)/[^/"]+"', (IMAGE / "medusa-config.js").read_text())
    making = r'for module in (.+); do mkdir -p "\$module/migrations"'
    (modules,) = re.findall(making, stages(MEDUSA)["medusa"].last("RUN"))
    assert own
    assert set(own) <= set(modules.split())


def test_telemetry_is_off_wherever_medusa_runs() -> None:
    for name in ("build", "medusa"):
        assert stages(MEDUSA)[name].environment["MEDUSA_DISABLE_TELEMETRY"] == "true"


def test_every_variable_that_the_image_reads_is_the_charts() -> None:
    chart = "".join(file.read_text() for file in (CHART / "templates").iterdir())
    given = set(re.findall(r'(?:name: |"name" ")([A-Z_]+)\b', chart))
    sources = [
        IMAGE / "medusa-config.js", *(IMAGE / "setup").glob("*.js"), *(IMAGE / "src").rglob("*.js"),
    ]  # fmt: skip
    text = "".join(file.read_text() for file in sources)
    read = set(re.findall(r'(?:process\.env\.|required\(")([A-Z_]+)', text))
    for shorthand in re.findall(r"const \{([A-Z_, ]+)\} = process\.env", text):
        read |= {name.strip() for name in shorthand.split(",")}
    assert read <= given
    assert {"PGPASSWORD", "ADMIN_PASSWORD", "SET_UP_BY", "SMTP_PASSWORD", "MERCHANT_EMAIL"} <= read


def test_the_tests_beside_its_source() -> None:
    done = subprocess.run(
        [frontend.node(), "--test", IMAGE / "test"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_postgres_is_told_what_the_official_image_is_told() -> None:
    recipe = next(recipe for recipe in recipes("medusa") if recipe.reference == POSTGRES)
    script = (recipe.context / "serve-postgres").read_text()
    (stage,) = stages(recipe.dockerfile).values()
    for name in ("POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD", "PGDATA"):
        assert f"${name}" in script
    assert stage.last("USER") == f"{VALUES['postgres']['userId']}:999"
    assert stage.last("STOPSIGNAL") == "SIGINT"


def test_restic_is_built_as_its_charts_images_are() -> None:
    """Of the modules that the tests run, and with the version of the chart's own image."""
    (recipe,) = recipes(BACKUPS)
    assert recipe.reference == RESTIC
    assert RESTIC.endswith(f":{VALUES['backup']['image']['tag']}")
    built = stages(recipe.dockerfile)["programs"]
    for tool in tools.BACKUPS:
        assert any(copy.sources == (tool.folder,) for copy in built.copies)
        (command,) = [
            arguments
            for name, arguments in built.instructions
            if name == "RUN" and f"-o /programs/{tool.name} " in arguments
        ]
        assert tool.package in command
        assert (f"-tags {tool.tags} " in command) is bool(tool.tags)
        assert (recipe.context / tool.folder / "go.sum").is_file()


def test_the_real_node_has_the_images_that_are_made() -> None:
    local = yaml.safe_load((VALUES_OF_THE_REAL_NODE / "medusa.yaml").read_text())
    image = local["postgres"]["image"]
    assert f"{image['repository']}:{image['tag']}" == POSTGRES
    restic = local["backup"]["image"]
    assert f"{restic['repository']}:{restic['tag']}" == RESTIC
    components = ("postgres", "medusa", "storefront", "backup")
    assert {local[name]["image"]["pullPolicy"] for name in components} == {"Never"}
    assert local["networkPolicies"]["dns"]["addresses"] == [f"{NODE_ADDRESS}/32"]
