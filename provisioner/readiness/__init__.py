"""Assesses a store by what the watches show: it is ready, on its way, or failed and why. Pure.

helm's ``--wait`` and Kubernetes itself wait for their whole time limit, even for a pod that can
never start. The rules here (``rules.py``) fail such a store within seconds. Their message names the
object, the cause in the cluster's own words, and what to do next. No rule reads a clock. Each
finding carries the time from which it is fatal, so assessing the same facts again later can only
turn "not yet" into "failed".
"""

from provisioner.readiness.assessing import assess
from provisioner.readiness.assessment import Assessment, FatalFinding, GracePeriods
from provisioner.readiness.pulls import of_pull

__all__ = ["Assessment", "FatalFinding", "GracePeriods", "assess", "of_pull"]
