"""Assesses what the watches say of a store: ready, on its way, or failed and why. Pure.

helm's ``--wait`` and Kubernetes itself wait out their whole time limit on a pod that can never
start. The rules here (``rules.py``) fail such a store in seconds, with a sentence that names the
object, the cause in the cluster's own words, and the next thing to do. No rule reads a clock: each
finding carries the time from which it counts, so that assessing the same facts later can only turn
"not yet" into "failed".
"""

from provisioner.readiness.assessing import assess
from provisioner.readiness.assessment import Assessment, FatalFinding, GracePeriods

__all__ = ["Assessment", "FatalFinding", "GracePeriods", "assess"]
