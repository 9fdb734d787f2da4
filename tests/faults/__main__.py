"""``python -m tests.faults (disk-full|lock-held) [--seconds 600]``: one fault, for a long time."""

import argparse
import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path

from app.local.cluster.progress import say
from tests.api.conftest import unreachable_cluster
from tests.bench.ground import UNLIMITED
from tests.e2e.service import Service
from tests.faults.faults import FAULTS, small_disk
from tests.faults.outage import Outage, database_file

_BACK_SECONDS = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("fault", choices=sorted(FAULTS))
    parser.add_argument("--seconds", type=float, default=600)
    given = parser.parse_args()
    say(f"{given.fault}, for {given.seconds:g} s …")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        file = database_file(folder)
        if given.fault == "disk-full":
            stack.enter_context(small_disk(file.parent))
        settings = {**UNLIMITED, "STORE_PLATFORM_DATABASE_URL": f"sqlite:///{file}"}
        service = Service(folder, unreachable_cluster(folder), settings)
        service.start(wait_until_ready=False)
        stack.callback(service.stop)
        outage = Outage(service, FAULTS[given.fault](file), given.seconds)
        try:
            asyncio.run(outage.run())
        except BaseException:
            say(service.log.read_text()[-5000:])
            raise
    tally = outage.tally
    for message in sorted(tally.messages):
        say(f"  callers were told: {message}")
    for code, said in sorted(tally.commands):
        say(f"  token create ended with {code}: {said.strip()}")
    say(
        f"It held: {tally.summary}; /livez answered 200 to all {len(tally.live)} looks; answered"
        f" again {tally.back_after_seconds * 1000:.0f} ms after the end. Nothing was lost."
    )
    assert tally.back_after_seconds < _BACK_SECONDS


main()
