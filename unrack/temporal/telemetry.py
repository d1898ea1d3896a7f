"""The telemetry of Temporal's core library: its logs into ours, its metrics to Prometheus."""

import logging

from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from unrack.process.settings import Settings


def core_runtime(settings: Settings) -> Runtime:
    """The core library's runtime; with `Settings.metrics_address` it serves ``/metrics`` there."""
    forwarded = LogForwardingConfig(logger=logging.getLogger("temporalio.core"), append_target_to_name=False)
    metrics = None
    if settings.metrics_address:
        metrics = PrometheusConfig(
            bind_address=settings.metrics_address,
            durations_as_seconds=True,
            counters_total_suffix=True,
            unit_suffix=True,
        )
    quiet = TelemetryFilter(core_level="WARN", other_level="ERROR")
    return Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(quiet, forwarding=forwarded), metrics=metrics))
