"""Prints what the checks found, for people or for scripts."""

from collections import Counter
from collections.abc import Iterator, Mapping

from app.doctor.findings import Finding, Verdict
from app.storectl.printable import one_line, printable_json

_VERDICT = max(len(verdict) for verdict in Verdict)


def is_healthy(findings: Mapping[str, Finding]) -> bool:
    """Return whether no check has failed."""
    return all(finding.verdict is not Verdict.FAILED for finding in findings.values())


def as_text(findings: Mapping[str, Finding]) -> str:
    """Return a table: a line for each check, and below it what to do, if there is anything."""
    return "\n".join(_lines(findings))


def as_json(findings: Mapping[str, Finding]) -> str:
    """Return an object with ``healthy``, and ``checks`` in the order in which they are listed."""
    checks = [
        {"check": name, "verdict": f.verdict.value, "seen": f.seen, "remedy": f.remedy}
        for name, f in findings.items()
    ]
    return printable_json({"healthy": is_healthy(findings), "checks": checks}, indent=2)


def _lines(findings: Mapping[str, Finding]) -> Iterator[str]:
    width = max(len(name) for name in findings)
    for name, finding in findings.items():
        yield f"{finding.verdict:<{_VERDICT}}  {name:<{width}}  {one_line(finding.seen)}"
        if finding.remedy:
            yield f"{'':<{_VERDICT + width + 2}}  → {one_line(finding.remedy)}"
    counted = Counter(finding.verdict for finding in findings.values())
    yield ", ".join(f"{counted[verdict]} {verdict}" for verdict in reversed(Verdict)) + "."
