"""Recognises what this machine has run out of for a while, such as disk space, by error number."""

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
# How Go's ``syscall`` package spells these error numbers; helm is written in Go.
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
"""A failed system call as Go prints it: the call, its file, and the kernel's words.

The call is part of the pattern because the same words may be about something else, such as a volume
in the cluster.
"""
_GO_OUT_OF_MEMORY = re.compile(
    r"^(?:fatal error: )?runtime: (?:out of memory|cannot allocate memory"
    r"|failed to create new OS thread)",
    re.MULTILINE,
)


def shortage(error: OSError) -> str:
    """Return a sentence on what this machine lacks, with the kernel's own words."""
    words = _WORDS.get(error.errno or 0, "This machine cannot do it just now")
    detail = error.strerror or str(error)
    return f"{words} ({detail}{f': {error.filename}' if error.filename else ''})."


def is_shortage(error: OSError) -> bool:
    """Whether an error means that this machine lacks something, and not that a call was wrong."""
    return error.errno in _WORDS


def told_shortage(output: str) -> str:
    """Return what this machine lacks according to the output of a Go program, or "".

    Only failed system calls of that program on this machine count, not errors of an API server.
    """
    if _GO_OUT_OF_MEMORY.search(output):
        return f"{_WORDS[errno.ENOMEM]}."
    found = _GO_PATH_ERROR.search(output)
    return f"{_WORDS[_GO_WORDS[found[1]]]} ({found[0]})." if found else ""
