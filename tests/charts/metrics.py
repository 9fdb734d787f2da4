"""The metrics that the service exports, for tests of what asks for them."""

import re
from pathlib import Path

from app.telemetry import gauges
from app.telemetry.metrics import PrometheusMeasurements

METRIC = re.compile(r"\b(?:store_platform|process|kubelet|certmanager|kube)_\w+")
"""The names of metrics in an expression."""
_SUFFIXES = ("", "_total", "_count", "_sum", "_bucket")


def exported() -> set[str]:
    """Return the names of all time series that the service may export."""
    families = PrometheusMeasurements().registry.collect()
    counted = {f"{family.name}{suffix}" for family in families for suffix in _SUFFIXES}
    source = Path(gauges.__file__).read_text()
    shown = {f"store_platform_{name}" for name in re.findall(r'_gauge\(\s*"(\w+)"', source)}
    lists = {f"store_platform_{name}_total" for name in re.findall(r'_counter\(\s*"(\w+)"', source)}
    return counted | shown | lists
