"""What a machine may run out of for a while, by the error number that says so."""

import errno
import re

_WORDS = {
    errno.ENOSPC: "This machine has no disk space left",
    errno.EDQUOT: "The platform has used up its share of this machine's disk",
    errno.EROFS: "This machine's disk is read-only just now",
    errno.EIO: "This machine's disk cannot be read or written",
    errno.ENOMEM: "This machine has no memory left",
    errno.EAGAIN: "This machine can start no more processes",
    errno.EMFILE: "The platform has as many files open as it may",
    errno.ENFILE: "This machine has as many files open as it can",
    errno.ETXTBSY: "The program is being replaced just now",
}
_GO_WORDS = {
    "no space left on device": errno.ENOSPC,
    "disk quota exceeded": errno.EDQUOT,
    "read-only file system": errno.EROFS,
    "input/output error": errno.EIO,
    "cannot allocate memory": errno.ENOMEM,
    "resource temporarily unavailable": errno.EAGAIN,
    "too many open files": errno.EMFILE,
    "text file busy": errno.ETXTBSY,
}
_GO_PATH_ERROR = re.compile(
    r"\b(?:open|write|mkdir|rename|close|create|sync|fork/exec|pipe2?|dup3?|socket|epoll_create1)"
    rf"\b[^\n]{{0,300}}: ({'|'.join(map(re.escape, _GO_WORDS))})"
)
"""A failed system call as Go tells it: what was done, on which file, and the kernel's words."""
_GO_OUT_OF_MEMORY = re.compile(
    r"^(?:fatal error: )?runtime: (?:out of memory|cannot allocate memory"
    r"|failed to create new OS thread)",
    re.MULTILINE,
)


def shortage(error: OSError) -> str:
    """Return what this machine lacks, in words; the kernel's own for what is not listed."""
    words = _WORDS.get(error.errno or 0, "This machine cannot do it just now")
    detail = error.strerror or str(error)
    return f"{words} ({detail}{f': {error.filename}' if error.filename else ''})."


def is_shortage(error: OSError) -> bool:
    """Whether an error is of this machine's means, and not of what was asked of it."""
    return error.errno in _WORDS


def told_shortage(output: str) -> str:
    """Return what a program written in Go says that this machine lacks, or "".

    No API server is asked here: what failed is a system call on this machine.
    """
    if _GO_OUT_OF_MEMORY.search(output):
        return f"{_WORDS[errno.ENOMEM]}."
    found = _GO_PATH_ERROR.search(output)
    return f"{_WORDS[_GO_WORDS[found[1]]]} ({found[0]})." if found else ""
