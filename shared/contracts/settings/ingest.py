"""Settings objects of ingest: channels and contact attributes."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, HttpUrl

from shared.contracts.base import Contract
from shared.contracts.settings.base import MOST_MINUTES, SECRET, Name, Place, ResourceModel
from shared.contracts.words import Medium


class WebhookConfig(Contract):
    """The generic channel: signed requests in and out (Standard Webhooks)."""

    medium: Literal[Medium.WEBHOOK] = Medium.WEBHOOK
    inbound_secret: str | None = Field(
        default=None, title="Signing secret of what you send us", json_schema_extra=SECRET
    )
    outbound_url: HttpUrl | None = Field(default=None, title="Address that receives replies")
    outbound_secret: str | None = Field(
        default=None, title="Signing secret of what we send you", json_schema_extra=SECRET
    )
    capabilities: tuple[str, ...] = Field(default=(), title="Capabilities", json_schema_extra={"words": True})


class WebchatConfig(Contract):
    """The chat box on a web page."""

    medium: Literal[Medium.WEBCHAT] = Medium.WEBCHAT
    greeting: str = Field(default="", max_length=500, title="Greeting", json_schema_extra={"multiline": True})
    colour: str = Field(default="#1c7ed6", pattern="^#[0-9a-fA-F]{6}$", title="Colour")
    allowed_origins: tuple[str, ...] = Field(
        default=(), title="Pages that may embed it (empty: any)", json_schema_extra={"words": True}
    )


ChannelConfig = Annotated[WebhookConfig | WebchatConfig, Field(discriminator="medium")]


class Channel(ResourceModel):
    """One connected account, page, number, mailbox or widget (CH-01)."""

    kind: ClassVar[str] = "channels"
    owner: ClassVar[str] = "ingest"

    name: Name
    enabled: bool = Field(default=True, title="Enabled")
    config: ChannelConfig = Field(title="Connection")
    handle: str = Field(default="", max_length=255, title="Handle shown to agents")
    max_attachment_mb: int = Field(
        default=20, ge=1, le=100, title="Largest attachment", json_schema_extra={"unit": "MB"}
    )
    auto_assign: bool = Field(default=True, title="Assign conversations automatically")
    reply_window_hours: int | None = Field(
        default=None,
        ge=1,
        le=MOST_MINUTES // 60,
        title="Reply window after the last inbound message",
        json_schema_extra={"unit": "h"},
    )

    @property
    def medium(self) -> Medium:
        """The kind of network, as its connection says."""
        return self.config.medium


class ContactAttribute(ResourceModel):
    """CT-03."""

    kind: ClassVar[str] = "contact-attributes"
    owner: ClassVar[str] = "ingest"

    name: Name
    type: Literal["text", "number", "date", "list", "boolean", "url"] = Field(default="text", title="Type")
    options: tuple[str, ...] = Field(default=(), title="Options of a list", json_schema_extra={"words": True})
    enabled: bool = Field(default=True, title="Shown")
    position: Place = Field(default=0, title="Place")
