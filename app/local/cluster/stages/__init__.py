"""How KWOK plays the kubelet: stages that a simulated pod goes through, as KWOK's Stage objects.

A pod is made to misbehave in three ways: by the annotation ``BEHAVIOUR``, by a node whose name
begins with ``SICK_NODES``, or, for charts that are used as they are, by an image from the registry
``image-not-found.invalid``. How long a pod takes to become ready is the annotation ``READY_AFTER``
(a duration such as ``3s``; 300 ms if absent). A backup that is made of simulated pods reports as a
real one does (``reports``), though nothing is saved.

Format: KWOK v0.8, https://kwok.sigs.k8s.io/docs/user/stages-configuration/
"""

import yaml

from app.local.cluster.stages.behaviours import (
    BAD_CONFIG,
    BEHAVIOUR,
    BEHAVIOURS,
    COMMAND_MISSING,
    CRASH_LOOP,
    IMAGE_NOT_FOUND,
    IMAGE_PULL_ERROR,
    INIT_CRASH_LOOP,
    JOB_FAILS,
    MISSING_IMAGES,
    MOUNT_FAILS,
    NEVER_READY,
    OUT_OF_MEMORY,
    READY_AFTER,
    SICK_NODES,
)  # fmt: skip
from app.local.cluster.stages.faulty import faulty_stages
from app.local.cluster.stages.healthy import healthy_stages
from app.local.cluster.stages.reports import COUNTS

__all__ = [
    "BAD_CONFIG", "BEHAVIOUR", "BEHAVIOURS", "COMMAND_MISSING", "COUNTS", "CRASH_LOOP",
    "IMAGE_NOT_FOUND", "IMAGE_PULL_ERROR", "INIT_CRASH_LOOP", "JOB_FAILS", "MISSING_IMAGES",
    "MOUNT_FAILS", "NEVER_READY", "OUT_OF_MEMORY", "READY_AFTER", "SICK_NODES", "stages",
]  # fmt: skip


def stages() -> str:
    """Return all stages as one YAML text, for KWOK's ``--config``."""
    return yaml.safe_dump_all([*healthy_stages(), *faulty_stages()])
