"""Settings of the routing service (environment prefix SWITCHBOARD_ROUTING_)."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class RoutingSettings(BaseSettings):
    """What an operator may tune; the defaults suit one to a few replicas."""

    model_config = SettingsConfigDict(
        env_prefix="SWITCHBOARD_ROUTING_", extra="ignore", env_ignore_empty=True, use_attribute_docstrings=True
    )

    lease_seconds: float = Field(default=60, gt=5)
    """How long a browser session counts as present after its last heartbeat."""
    sweep_seconds: float = Field(default=1, gt=0)
    """How often the dispatcher looks by itself, so that a lost ask costs at most this."""
    window: int = Field(default=100, ge=10, le=1000)
    """Waiting conversations read at once by the dispatcher."""
