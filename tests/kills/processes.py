"""Everything that runs in a container, found by its session and killed as the kernel kills it."""

import contextlib
import os
import re
import signal
from pathlib import Path

_PROGRAMS = {"restic", "pg_dump", "pg_restore", "psql", "mariadb", "mariadb-dump", "grep", "cmp"}
_COMMANDS = {"cat", "init", "unlock", "list", "backup", "dump", "restore"}
_ENDED = {"Z", "X"}
_STATE, _SESSION = 0, 3  # among the fields of /proc/<pid>/stat that follow the program's name


def as_a_pod(host: str) -> list[str]:
    """Return what to run a program with, so that it has a session of its own.

    Its host has a name of its own, as each pod has, where that is possible: only root can name one.
    A lock of restic's then cannot be told to be of a process that has ended.
    """
    if os.geteuid() != 0:
        return ["setsid"]
    return ["unshare", "--uts", "sh", "-c", 'hostname "$0"; exec setsid "$@"', host]


def kill_session(session: int) -> None:
    """Kill every process of a session: also those that have left the leader's process group.

    The leader goes first, as a container's first process does, or it would tell how the others have
    ended. A process may be made while others are killed, so this looks again until there are none.
    """
    while found := _processes(session):
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def kill_program(session: int) -> bool:
    """Kill the newest process of a session alone, which is not its leader if there is another one.

    So does a kernel that is out of memory, where it does not end all of a container. Return whether
    there was one.
    """
    with contextlib.suppress(ProcessLookupError, IndexError):
        os.kill(_processes(session)[-1], signal.SIGKILL)
        return True
    return False


def what_runs(session: int) -> str:
    """Return which program of the scripts runs in a session, such as ``restic backup``."""
    for process in reversed(_processes(session)):
        with contextlib.suppress(OSError):
            program, *arguments = _read(process, "cmdline").split("\0")
            name = Path(program).name
            if name in _PROGRAMS:
                command = next((word for word in arguments if word in _COMMANDS), "")
                return f"{name} {command}".strip() if name == "restic" else name
    return "the shell"


def _processes(session: int) -> list[int]:
    """Return the living processes of a session, oldest first."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = re.sub(r"^.*\) ", "", _read(int(folder.name), "stat"), flags=re.DOTALL).split()
            if int(fields[_SESSION]) == session and fields[_STATE] not in _ENDED:
                found.append(int(folder.name))
    return sorted(found)


def _read(process: int, name: str) -> str:
    return Path(f"/proc/{process}/{name}").read_text(errors="replace")
