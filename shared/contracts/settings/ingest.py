"""Settings objects of ingest: channels and contact attributes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, ClassVar, Literal

from pydantic import Field, HttpUrl

from shared.contracts.base import Contract
from shared.contracts.settings.base import MOST_MINUTES, SECRET, EmailAddress, Name, Place, ResourceModel, refers
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
    visitor_files: bool = Field(default=True, title="Visitors may send files")


HostName = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:-]+$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Security = Literal["tls", "starttls", "none"]
"""Encrypted from the start, after STARTTLS (required, never merely tried), or not at all."""


class EmailConfig(Contract):
    """A mailbox: read by IMAP, answered by SMTP. A user name left out is the address; SMTP's as IMAP's.

    With OAuth 2.0 an access token is had from ``oauth_token_url``: by the refresh token, or without one by the
    client's own credentials, and given to both servers (XOAUTH2).
    """

    medium: Literal[Medium.EMAIL] = Medium.EMAIL
    address: EmailAddress = Field(title="Address")
    display_name: str = Field(default="", max_length=100, title="Name shown to recipients")
    sign_in: Literal["password", "oauth2"] = Field(default="password", title="Sign in by")
    imap_host: HostName = Field(title="Incoming server (IMAP)")
    imap_port: Port = Field(default=993, title="Port of the incoming server")
    imap_security: Security = Field(default="tls", title="Encryption of the incoming server")
    imap_user: str = Field(default="", max_length=254, title="User of the incoming server (empty: the address)")
    imap_password: str | None = Field(
        default=None, max_length=1000, title="Password of the incoming server", json_schema_extra=SECRET
    )
    imap_folder: str = Field(default="INBOX", min_length=1, max_length=255, title="Folder")
    smtp_host: HostName = Field(title="Outgoing server (SMTP)")
    smtp_port: Port = Field(default=587, title="Port of the outgoing server")
    smtp_security: Security = Field(default="starttls", title="Encryption of the outgoing server")
    smtp_user: str = Field(default="", max_length=254, title="User of the outgoing server (empty: as incoming)")
    smtp_password: str | None = Field(
        default=None,
        max_length=1000,
        title="Password of the outgoing server (empty: as incoming)",
        json_schema_extra=SECRET,
    )
    oauth_token_url: HttpUrl | None = Field(default=None, title="OAuth: address that gives tokens")
    oauth_client_id: str = Field(default="", max_length=500, title="OAuth: client id")
    oauth_client_secret: str | None = Field(
        default=None, max_length=2000, title="OAuth: client secret", json_schema_extra=SECRET
    )
    oauth_refresh_token: str | None = Field(
        default=None, max_length=4000, title="OAuth: refresh token", json_schema_extra=SECRET
    )
    oauth_scope: str = Field(default="", max_length=1000, title="OAuth: scope")
    plus_addresses: bool = Field(default=False, title="Replies may come to address+token (the server must allow it)")
    import_days: int = Field(
        default=0, ge=0, le=365, title="Import mail of the last days at first", json_schema_extra={"unit": "d"}
    )


ChannelConfig = Annotated[WebhookConfig | WebchatConfig | EmailConfig, Field(discriminator="medium")]


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
    attachment_types: tuple[Annotated[str, Field(pattern=r"^[a-z]+/(\*|[a-z0-9.+-]+)$", max_length=127)], ...] = Field(
        default=(),
        max_length=50,
        title="Attachments that agents may send, as image/* or application/pdf (empty: any)",
        json_schema_extra={"words": True},
    )
    auto_assign: bool = Field(default=True, title="Assign conversations automatically")
    muting: bool = Field(default=False, title="Contacts can be muted (their new conversations are resolved at once)")
    reply_window_hours: int | None = Field(
        default=None,
        ge=1,
        le=MOST_MINUTES // 60,
        title="Reply window after the last inbound message",
        json_schema_extra={"unit": "h"},
    )

    def silences(self, muted_on: Collection[str], name: str) -> bool:
        """Whether a contact muted on these channels is silent on this one: while it allows muting (CH-11)."""
        return self.muting and name in muted_on

    @property
    def medium(self) -> Medium:
        """The kind of network, as its connection says."""
        return self.config.medium

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What the reply box may offer: ``attachments``, ``subject`` of a first message, a webhook's own words."""
        match self.config:
            case WebhookConfig(capabilities=words):
                return tuple(dict.fromkeys(("attachments", *words)))
            case WebchatConfig():
                return ("attachments",)
            case EmailConfig():
                return ("attachments", "subject")


class ThreadBlock(ResourceModel):
    """CH-10: further replies to a public post do not enter.

    ``name`` is how the message began that it was made from, ``conversation`` where that is: its trail tells (PR-01).
    """

    kind: ClassVar[str] = "thread-blocks"
    owner: ClassVar[str] = "ingest"

    name: Name
    channel: str = Field(max_length=128, title="Channel", json_schema_extra=refers("channels"))
    root: str = Field(min_length=1, max_length=512, title="The post's id on its network")
    conversation: str = Field(default="", max_length=64, title="Conversation", json_schema_extra={"readOnly": True})


class ContactAttribute(ResourceModel):
    """CT-03."""

    kind: ClassVar[str] = "contact-attributes"
    owner: ClassVar[str] = "ingest"

    name: Name
    type: Literal["text", "number", "date", "list", "boolean", "url"] = Field(default="text", title="Type")
    options: tuple[str, ...] = Field(default=(), title="Options of a list", json_schema_extra={"words": True})
    enabled: bool = Field(default=True, title="Shown")
    position: Place = Field(default=0, title="Place")
