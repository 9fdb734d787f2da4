"""Jobs as Kubernetes runs them: one pod after the other, until one ends well or none is left."""

import contextlib
import random
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from provisioner.domain.cluster import ContainerEnd
from tests.charts.rendering import CHARTS
from tests.images.backup_pod import Pod
from tests.images.rest_server import RestServer
from tests.kills.processes import as_a_pod, kill_program, kill_session, what_runs

_TEMPLATE = (CHARTS / "medusa" / "templates" / "backup-cronjob.yaml").read_text()
_LONGEST_SECONDS = 300.0
TRIES = 1 + int(re.findall(r"backoffLimit: (\d+)", _TEMPLATE)[0])


class Victim(StrEnum):
    """What is killed: all of a pod, one program in it, or the server of the backups."""

    POD = "pod"
    PROGRAM = "program"
    SERVER = "rest-server"


@dataclass(frozen=True)
class Kill:
    """A kill, some seconds after a pod has begun; a server is started again after a pause."""

    victim: Victim
    after: float
    pause: float


@dataclass(frozen=True)
class Try:
    """How one pod has ended: its containers by their names, and what was killed meanwhile."""

    ended: Mapping[str, ContainerEnd]
    killed: Victim | None
    has_succeeded: bool


@dataclass
class Dice:
    """Whether a pod meets a kill, and when: at any moment of what an undisturbed one takes."""

    random: random.Random
    chance: float = 0.65

    def draw(self, seconds: float) -> Kill | None:
        if self.random.random() >= self.chance:
            return None
        (victim,) = self.random.choices(list(Victim), weights=(5, 2, 3))
        moment, pause = (self.random.uniform(0, seconds) for _ in range(2))
        return Kill(victim, moment, pause)


@dataclass
class Job:
    """A Job's template: its scripts by their containers' names, the last of which is the main one.

    ``kills`` counts what was killed, and what ran then. ``seconds`` is what the last undisturbed
    pod took.
    """

    pod: Pod
    scripts: Mapping[str, Path]
    server: RestServer
    kills: Counter[tuple[Victim, str]] = field(default_factory=Counter)
    pods: int = 0
    seconds: float = 0.0

    def run(self, dice: Dice | None = None) -> Iterator[Try]:
        """Run pod after pod, as long as the caller asks for another try and there is one left."""
        for _ in range(TRIES):
            tried = self._try(dice.draw(self.seconds) if dice else None)
            yield tried
            if tried.has_succeeded:
                return

    def _try(self, kill: Kill | None) -> Try:
        self._begin_anew()
        began = time.monotonic()
        ended: dict[str, ContainerEnd] = {}
        killed = None
        for name, script in self.scripts.items():
            running = self.pod.start(script, before=as_a_pod(f"pod-{self.pods}"))
            if kill and not killed and self._is_killed(running, name, kill, began):
                killed = kill.victim
            running.wait(timeout=_LONGEST_SECONDS)
            kill_session(running.pid)  # what a container has left ends with it
            code = self.pod.finish(running)
            ended[name] = ContainerEnd(code, self.pod.message)
            if code != 0:
                break
        has_succeeded = list(ended) == list(self.scripts) and not ended[name].exit_code
        if has_succeeded and not killed:
            self.seconds = time.monotonic() - began
        return Try(ended, killed, has_succeeded)

    def _begin_anew(self) -> None:
        """Give the next pod folders of its own, which have nothing of another pod's."""
        self.pods += 1
        for folder in (self.pod.backup, self.pod.folder / "tmp"):
            shutil.rmtree(folder)
            folder.mkdir()

    def _is_killed(
        self, running: subprocess.Popen[str], name: str, kill: Kill, began: float
    ) -> bool:
        """Wait for a script, unless the moment of the kill comes before its end."""
        if _ends(running, kill.after - (time.monotonic() - began)):
            return False
        runs = what_runs(running.pid)
        if is_killed := self._kill(running, kill):
            self.kills[kill.victim, f"{name}: {runs}"] += 1
        return is_killed

    def _kill(self, running: subprocess.Popen[str], kill: Kill) -> bool:
        """Kill, and return whether that was before the script's end."""
        match kill.victim:
            case Victim.POD:
                kill_session(running.pid)
                return running.wait() == -signal.SIGKILL
            case Victim.PROGRAM:
                return kill_program(running.pid)
            case Victim.SERVER:
                self.server.kill()
                _ends(running, kill.pause)
                self.server.start()
                return True


def _ends(running: subprocess.Popen[str], seconds: float) -> bool:
    with contextlib.suppress(subprocess.TimeoutExpired):
        running.wait(timeout=max(seconds, 0))
        return True
    return False
