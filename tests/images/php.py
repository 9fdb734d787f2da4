"""PHP for the tests, and one run of it with the shop's own files in a WordPress that is played."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.local import debian

IMAGE = Path(__file__).resolve().parents[2] / "charts" / "woocommerce" / "image"
_FAKE = Path(__file__).with_name("fake_wordpress.php")


class PhpError(Exception):
    """There is no PHP, and none could be had; the message says what to do."""


def ensure_php() -> str:
    """Return PHP's program, installed where that can be. Raises PhpError and PackageError."""
    found = shutil.which("php")
    if found is None and debian.is_debian_root():
        debian.install(["php-cli"], purpose="the tests of the shop's own PHP")
        found = shutil.which("php")
    if found is None:
        raise PhpError("The tests of the shop's own PHP need `php`: install it.")
    return found


@dataclass(frozen=True)
class Shop:
    """A WordPress that is played: what it has stored, and its environment."""

    program: str
    folder: Path

    @property
    def _file(self) -> Path:
        return self.folder / "state.json"

    @property
    def state(self) -> dict[str, Any]:
        """What is stored: options, transients, posts and the administrator."""
        found: dict[str, Any] = json.loads(self._file.read_text())
        return found

    def store(self, value: Mapping[str, Any]) -> None:
        """Have this stored, and nothing else."""
        self._file.write_text(json.dumps(value))

    def run(self, *files: str, then: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        """Run files of the image one after the other, and then more PHP."""
        named = [_FAKE, *(IMAGE / file for file in files)]
        return self._run("".join(f"require {str(file)!r};" for file in named) + then, env)

    def php(self, code: str, **env: str) -> str:
        """Return what PHP prints without a WordPress that is played."""
        done = self._run(code, env)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout

    def _run(self, code: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        settings = ("-d", "error_reporting=-1", "-d", "display_errors=stderr", "-d", "log_errors=0")
        return subprocess.run(
            [self.program, "-n", *settings, "-r", code],
            env={
                "PATH": os.environ["PATH"],
                "STATE": str(self._file),
                "CONTENT_PATH": str(self.folder),
                "SHOP_URL": "http://my-shop.test",
                "ADMIN_PASSWORD": "the-secret",
                **env,
            },
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def value(self, *files: str, then: str, **env: str) -> Any:
        """Return what ``then``, a PHP expression, is after the files were run."""
        done = self.run(*files, then=f"echo json_encode({then});", **env)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return json.loads(done.stdout)
