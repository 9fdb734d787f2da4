"""A shop front on a fake Medusa, as a process."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.local import frontend

STOREFRONT = Path(__file__).resolve().parents[2] / "charts" / "medusa" / "storefront"


@contextmanager
def running_storefront(log: Path) -> Iterator[str]:
    """Yield the address of a shop front that sells what ``test/fake-catalogue.js`` says."""
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [frontend.node(), STOREFRONT / "test" / "serve.js"],
            stdout=subprocess.PIPE, stderr=errors, text=True,
        ) as process,
    ):  # fmt: skip
        try:
            assert process.stdout
            address = process.stdout.readline().strip()
            assert address, log.read_text()
            yield address
        finally:
            process.terminate()
