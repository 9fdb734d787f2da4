"""How a simulated pod can be made to misbehave, as annotations, node names and images."""

BEHAVIOUR = "simulate.store-platform.dev/behaviour"
READY_AFTER = "simulate.store-platform.dev/ready-after"
MISSING_IMAGES = "image-not-found.invalid/"
SICK_NODES = "sick-"
"""On such a node the container runtime is out of time, whatever it is asked for."""

IMAGE_NOT_FOUND = "image-not-found"
IMAGE_PULL_ERROR = "image-pull-error"
CRASH_LOOP = "crash-loop"
INIT_CRASH_LOOP = "init-crash-loop"
OUT_OF_MEMORY = "out-of-memory"
BAD_CONFIG = "bad-config"
NEVER_READY = "never-ready"
JOB_FAILS = "job-fails"
COMMAND_MISSING = "command-missing"
MOUNT_FAILS = "mount-fails"
BEHAVIOURS = (
    IMAGE_NOT_FOUND, IMAGE_PULL_ERROR, CRASH_LOOP, INIT_CRASH_LOOP, OUT_OF_MEMORY, BAD_CONFIG,
    NEVER_READY, JOB_FAILS, COMMAND_MISSING, MOUNT_FAILS,
)  # fmt: skip
