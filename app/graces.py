"""The settings for grace periods: how long trouble that may pass can last until a store fails."""

from datetime import timedelta
from typing import Any

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from provisioner.readiness import GracePeriods

_DEFAULTS = GracePeriods()


def _seconds(default: timedelta, trouble: str) -> Any:
    return Field(
        default.total_seconds(), ge=0, description=f"Seconds until a store fails because {trouble}."
    )


class GraceSettings(BaseSettings):
    """The grace period of each kind of trouble. ``app.settings.Settings`` inherits this.

    ``provisioner.readiness.GracePeriods`` gives the reasons for the defaults.
    """

    model_config = SettingsConfigDict(env_prefix="STORE_PLATFORM_", frozen=True, extra="ignore")

    image_pull_grace_seconds: float = _seconds(
        _DEFAULTS.image_pull_grace, "an image cannot be pulled, though it may be there"
    )
    config_grace_seconds: float = _seconds(
        _DEFAULTS.config_grace, "a container names a Secret, ConfigMap or key that is not there"
    )
    runtime_grace_seconds: float = _seconds(
        _DEFAULTS.runtime_grace, "a node's container runtime is in trouble"
    )
    mount_grace_seconds: float = _seconds(
        _DEFAULTS.mount_grace, "a volume cannot be attached or mounted"
    )
    unschedulable_grace_seconds: float = _seconds(
        _DEFAULTS.unschedulable_grace,
        "no node takes a pod; more where an autoscaler takes longer to add one",
    )
    volume_grace_seconds: float = _seconds(_DEFAULTS.volume_grace, "no volume is bound to a claim")
    refusal_grace_seconds: float = _seconds(
        _DEFAULTS.refusal_grace, "admission refuses a pod, or it asks for more than its whole quota"
    )
    quota_grace_seconds: float = _seconds(
        _DEFAULTS.quota_grace, "a pod has no room beside what its quota counts as used"
    )
    passing_refusal_grace_seconds: float = _seconds(
        _DEFAULTS.passing_refusal_grace, "a pod is refused for a reason that mostly passes"
    )
    webhook_grace_seconds: float = _seconds(
        _DEFAULTS.webhook_grace, "an admission webhook does not answer the API server"
    )
    crash_restarts: int = Field(
        _DEFAULTS.crash_restarts, ge=0, description="Restarts that make a crash a crash loop."
    )
    memory_restarts: int = Field(
        _DEFAULTS.memory_restarts,
        ge=0,
        description="Restarts after which a container that runs out of memory fails its store.",
    )

    def grace_periods(self) -> GracePeriods:
        """Return the settings that the assessment of a store needs."""
        return GracePeriods(
            image_pull_grace=timedelta(seconds=self.image_pull_grace_seconds),
            config_grace=timedelta(seconds=self.config_grace_seconds),
            runtime_grace=timedelta(seconds=self.runtime_grace_seconds),
            mount_grace=timedelta(seconds=self.mount_grace_seconds),
            unschedulable_grace=timedelta(seconds=self.unschedulable_grace_seconds),
            volume_grace=timedelta(seconds=self.volume_grace_seconds),
            refusal_grace=timedelta(seconds=self.refusal_grace_seconds),
            quota_grace=timedelta(seconds=self.quota_grace_seconds),
            passing_refusal_grace=timedelta(seconds=self.passing_refusal_grace_seconds),
            webhook_grace=timedelta(seconds=self.webhook_grace_seconds),
            crash_restarts=self.crash_restarts,
            memory_restarts=self.memory_restarts,
        )
