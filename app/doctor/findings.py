"""What a check found."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended, from the best to the worst."""

    SKIPPED = "SKIPPED"  # there was nothing to look at, or it could not be looked at
    OK = "OK"
    WARNING = "WARNING"  # shops work, but not as they should
    FAILED = "FAILED"  # the platform or its shops do not work


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw, in a sentence, and what to do about it; "" when there is nothing to do."""

    verdict: Verdict
    seen: str
    remedy: str = ""

    @property
    def is_usable(self) -> bool:
        """Whether other checks can build on what was looked at."""
        return self.verdict in (Verdict.OK, Verdict.WARNING)


def ok(seen: str) -> Finding:
    return Finding(Verdict.OK, seen)


def warning(seen: str, remedy: str) -> Finding:
    return Finding(Verdict.WARNING, seen, remedy)


def failed(seen: str, remedy: str) -> Finding:
    return Finding(Verdict.FAILED, seen, remedy)


def skipped(seen: str, remedy: str = "") -> Finding:
    return Finding(Verdict.SKIPPED, seen, remedy)


def worst(findings: Iterable[Finding]) -> Finding:
    """Return one finding that tells all those with the worst verdict. There must be at least one.

    A remedy that several of them have is told once.
    """
    found = list(findings)
    verdict = max((finding.verdict for finding in found), key=list(Verdict).index)
    told = [finding for finding in found if finding.verdict is verdict]
    seen = dict.fromkeys(finding.seen for finding in told)
    remedies = dict.fromkeys(finding.remedy for finding in told if finding.remedy)
    return Finding(verdict, " ".join(seen), " ".join(remedies))
