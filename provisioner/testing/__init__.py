"""Fakes of the ports, for unit tests. Each passes the contract tests of the real adapter."""

from provisioner.testing.recorders import (
    AlwaysAnswers,
    HandClock,
    RecordedAnnouncements,
    RecordedMeasurements,
)
from provisioner.testing.simulated_cluster import SimulatedCluster
from provisioner.testing.simulated_watches import HELD

__all__ = [
    "HELD",
    "AlwaysAnswers",
    "HandClock",
    "RecordedAnnouncements",
    "RecordedMeasurements",
    "SimulatedCluster",
]
