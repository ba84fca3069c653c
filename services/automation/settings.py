"""Settings of automation, from the environment (``SWITCHBOARD_AUTOMATION_…``)."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class WebhookSending(BaseSettings):
    """How webhooks are sent. ``docs/operations.md`` lists every setting with its default."""

    model_config = SettingsConfigDict(
        env_prefix="SWITCHBOARD_AUTOMATION_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    webhook_calls: int = Field(32, ge=1, le=1000, description="webhooks called at once, by one process")
    webhook_places: int = Field(4, ge=1, le=100, description="of these, of one endpoint")
    webhook_timeout: float = Field(15.0, gt=0, le=45, description="seconds an endpoint has to answer")
    webhook_log_days: int = Field(30, ge=2, le=3650, description="days the delivery log is kept")
