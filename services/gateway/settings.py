"""Settings of the gateway, from the environment (``SWITCHBOARD_GATEWAY_…``)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import HttpUrl


class GatewaySettings(BaseSettings):
    """What only the gateway has. ``docs/operations.md`` lists every setting with its default."""

    model_config = SettingsConfigDict(
        env_prefix="SWITCHBOARD_GATEWAY_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    ingest_url: HttpUrl | None = Field(None, description="where ingest answers; /hooks and /widget are sent on to it")
    admin_log_dir: Path | None = Field(None, description="folder for the admin log, a file an hour; none without it")
    admin_email: str = Field("admin@switchboard.local", description="e-mail of the admin made at first start")
    body_limit: int = Field(2 * 1024 * 1024, ge=1024, description="largest body of an API request, in bytes")
    upload_limit: int = Field(
        101 * 1024 * 1024,
        ge=1024,
        description="largest file an agent may upload, bytes; channels limit further",
    )
    forward_limit: int = Field(30 * 1024 * 1024, ge=1024, description="largest body sent on to ingest, in bytes")
    requests_per_minute: int = Field(6000, ge=1, description="requests of one person or key, per process")
    sign_ins_per_minute: int = Field(10, ge=1, description="attempts for one e-mail, and from one address")
    survey_pages_per_minute: int = Field(
        120, ge=1, description="requests for hosted survey pages from one address, per process"
    )
    password_threads: int = Field(2, ge=1, le=16, description="passwords checked at once; 64 MiB each")
    setup_link_hours: int = Field(72, ge=1, le=24 * 30, description="how long a set-up link is good")
    ask_seconds: float = Field(5.0, gt=0, le=60, description="how long a request waits for another service")
