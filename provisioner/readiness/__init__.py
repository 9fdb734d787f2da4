"""Judges what the watches say of a store: ready, on its way, or doomed and why. Pure.

helm's ``--wait`` and Kubernetes itself wait out their whole time limit on a pod that can never
start. The rules here (``rules.py``) fail such a store in seconds, with a sentence that names the
object, the cause in the cluster's own words, and the next thing to do. No rule reads a clock: each
finding carries the time from which it counts, so that judging the same facts later can only turn
"not yet" into "doomed".
"""

from provisioner.readiness.judge import judge
from provisioner.readiness.verdict import Doom, Limits, Verdict

__all__ = ["Doom", "Limits", "Verdict", "judge"]
