"""Switches OpenTelemetry traces on where an endpoint for them is configured.

Otherwise OpenTelemetry is not even imported, so traces cost nothing. The settings are
OpenTelemetry's own: ``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_SERVICE_NAME``, ``OTEL_TRACES_SAMPLER``
and so on.
"""

import asyncio
import os
from collections.abc import Mapping

from provisioner.domain.ports import Measurements

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def is_configured(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether traces are wanted: an endpoint is set, and OpenTelemetry is not disabled."""
    is_disabled = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not is_disabled and any(environment.get(name) for name in _ENDPOINTS)


def traced(measurements: Measurements) -> Measurements:
    """Return the measurements with a span for each, or unchanged when traces are not wanted."""
    if not is_configured():
        return measurements
    from app.telemetry.spans import SpanMeasurements, new_provider  # noqa: PLC0415 - only paid when wanted

    return SpanMeasurements(measurements, new_provider())


async def flush(measurements: Measurements) -> None:
    """Send the spans that are left, at the end of the service."""
    if is_configured():
        from app.telemetry.spans import SpanMeasurements  # noqa: PLC0415 - as above

        # In a thread, because it blocks: the event loop may still have to end other things.
        if isinstance(measurements, SpanMeasurements):
            await asyncio.to_thread(measurements.close)
