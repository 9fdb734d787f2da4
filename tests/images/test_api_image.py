"""The API's image, from its Dockerfile's own steps: it starts, is healthy, and answers."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from app.local.cluster.ports import free_port
from app.local.images.dockerfile import stages
from tests.api.conftest import unreachable_cluster
from tests.images.api_image import ApiImage
from tests.images.dockerfile import PLATFORM

pytestmark = pytest.mark.timeout(900)  # the first run installs the packages
_START_SECONDS = 180.0  # on a busy machine


@dataclass(frozen=True)
class Running:
    """A service that runs from the image, and its environment."""

    image: ApiImage
    environment: dict[str, str]

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        return self._ask(urllib.request.Request(self._url(path), headers=headers))

    def query(self, token: str, document: str) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        body = json.dumps({"query": document}).encode()
        asked = urllib.request.Request(self._url("/graphql"), body, headers)
        return json.loads(self._ask(asked)[1])

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.image.run(*words, environment=self.environment)

    def is_healthy(self) -> bool:
        return self.run(*self.image.stage.words("HEALTHCHECK")).returncode == 0

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.environment['STORE_PLATFORM_PORT']}{path}"

    def _ask(self, asked: urllib.request.Request) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The image's own command, in its environment; no cluster is there."""
    folder = tmp_path_factory.mktemp("image")
    with ApiImage.built() as image, (folder / "log").open("wb") as log:
        environment = image.environment(
            STORE_PLATFORM_HOST="127.0.0.1",
            STORE_PLATFORM_PORT=str(free_port()),
            STORE_PLATFORM_KUBECONFIG=str(unreachable_cluster(folder).kubeconfig),
        )
        words = [*image.stage.words("ENTRYPOINT"), *image.stage.words("CMD")]
        process = subprocess.Popen(
            image.command(*words), cwd=image.place("."), env=environment, stdout=log, stderr=log
        )
        made = Running(image, environment)
        try:
            deadline = time.monotonic() + _START_SECONDS
            while not made.is_healthy():
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, (folder / "log").read_text()
            yield made
        finally:
            process.terminate()
            process.wait(timeout=120)


def test_it_has_all_that_it_needs_but_a_cluster(running: Running) -> None:
    assert running.get("/livez") == (200, '{"status":"ok"}')
    status, body = running.get("/readyz")
    parts = json.loads(body)["parts"]
    assert status == 503
    assert parts.pop("cluster") != "ok"
    assert parts == {"database": "ok", "helm": "ok", "engines": "ok"}


def test_it_answers_a_query_of_a_token_that_was_made_in_it(running: Running) -> None:
    entry = running.image.stage.words("ENTRYPOINT")
    made = running.run(*entry, "token", "create", "somebody", "--role", "admin")
    assert made.returncode == 0, made.stderr
    answer = running.query(made.stdout.strip(), "{ engines { name } viewer { role } }")
    engines = [{"name": "medusa"}, {"name": "woocommerce"}]
    assert answer == {"data": {"engines": engines, "viewer": {"role": "ADMIN"}}}


def test_it_has_the_pages(running: Running) -> None:
    status, page = running.get("/stores", Accept="text/html")
    assert (status, "<title>" in page) == (200, True)


def test_helm_is_inside(running: Running) -> None:
    assert running.run("helm", "version", "--template", "{{.Version}}").stdout.startswith("v4.")


@pytest.mark.parametrize("module", ["pytest", "mypy", "hypothesis"])
def test_nothing_of_the_developers_is_inside(running: Running, module: str) -> None:
    said = running.run("python", "-c", f"import {module}")
    assert f"No module named '{module}'" in said.stderr


def test_its_user_is_nobody_and_writes_nothing_but_the_state(running: Running) -> None:
    for place in ("app/written", "charts/written", "/usr/local/bin/written"):
        target = running.image.place(place)
        said = running.run("python", "-c", f"open({str(target)!r}, 'w')")
        assert "PermissionError" in said.stderr
        assert not target.exists()
    user = running.run("python", "-c", "import os; print(os.getuid())").stdout
    assert int(user) == (running.image.user or os.getuid()) != 0
    assert (running.image.place("/var/lib/store-platform") / "platform.db").exists()


def test_the_migration_of_the_chart_is_a_command_of_it(running: Running) -> None:
    """The chart gives ``migrate`` as its arguments, in place of the image's command."""
    state = running.image.place("/var/lib/store-platform")
    environment = {
        **running.environment,
        "STORE_PLATFORM_DATABASE_URL": f"sqlite:///{state}/other.db",
    }
    entry = running.image.stage.words("ENTRYPOINT")
    done = running.image.run(*entry, "migrate", environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert (state / "other.db").exists()


def test_the_dashboards_image_has_the_same_user() -> None:
    found = stages(PLATFORM)
    assert found["api"].last("USER") == found["dashboard"].last("USER") == "10001:10001"
