"""OpenTelemetry traces, where an endpoint is configured; else nothing is imported or paid.

The settings are OpenTelemetry's own: ``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_SERVICE_NAME``,
``OTEL_TRACES_SAMPLER`` and so on.
"""

import asyncio
import os
from collections.abc import Mapping

from provisioner.domain.ports import Measurements

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def is_configured(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether there is anywhere to send traces to."""
    is_disabled = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not is_disabled and any(environment.get(name) for name in _ENDPOINTS)


def traced(measurements: Measurements) -> Measurements:
    """Return the measurements with a span for each, or as they are when none is wanted."""
    if not is_configured():
        return measurements
    from app.telemetry.spans import SpanMeasurements, new_provider  # noqa: PLC0415 - only paid when wanted

    return SpanMeasurements(measurements, new_provider())


async def flush(measurements: Measurements) -> None:
    """Send what is not sent yet; at the end of the service."""
    if is_configured():
        from app.telemetry.spans import SpanMeasurements  # noqa: PLC0415 - as above

        if isinstance(measurements, SpanMeasurements):
            await asyncio.to_thread(measurements.close)
