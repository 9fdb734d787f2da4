"""Makes the assessment of a store, from the rules and the facts."""

from collections.abc import Sequence
from datetime import datetime

from provisioner.domain.cluster import Observation
from provisioner.domain.engines import Workload
from provisioner.readiness.assessment import Assessment, GracePeriods
from provisioner.readiness.facts import LONG_AGO, Facts
from provisioner.readiness.progress import waiting_for
from provisioner.readiness.rules import RULES


def assess(
    *,
    workloads: Sequence[Workload],
    setup_job: str | None,
    observation: Observation,
    now: datetime,
    grace_periods: GracePeriods,
    since: datetime = LONG_AGO,
) -> Assessment:
    """Assess what was observed of one store, at the moment ``now`` by the cluster's clock.

    ``setup_job`` is the component label of the setup Job, or None when no Job is expected, or no
    more. ``since`` is the start of the operation: events that ended before it are ignored, and
    grace periods begin no earlier.
    """
    facts = Facts(workloads, setup_job, observation, grace_periods, since)
    found = [finding for rule in RULES for finding in rule.findings(facts)]
    due = [finding for finding in found if finding.due_at <= now]
    later = [finding.due_at - now for finding in found if finding.due_at > now]
    return Assessment(
        # The rules are in order of how much they explain, so the first finding is the one to tell.
        fatal=due[0].fatal if due else None,
        are_workloads_ready=not facts.unready(),
        is_setup_done=facts.is_setup_done(),
        waiting_for=waiting_for(facts),
        recheck_after=min(later, default=None),
    )
