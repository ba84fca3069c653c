"""Settings of ingest (``SWITCHBOARD_INGEST_…``)."""

from __future__ import annotations

from typing import Annotated

from limits import parse
from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _read(rate: str) -> str:
    try:
        parse(rate)
    except ValueError:
        raise ValueError("write it as 30/minute") from None
    return rate


Rate = Annotated[str, AfterValidator(_read)]


class IngestSettings(BaseSettings):
    """Bounds of what comes in and of what goes out. Sizes in bytes, times in seconds."""

    model_config = SettingsConfigDict(env_prefix="SWITCHBOARD_INGEST_", frozen=True, extra="ignore")

    body_limit: int = Field(2_097_152, ge=1024, description="largest body of a webhook delivery, bytes")
    widget_body_limit: int = Field(524_288, ge=1024, description="largest body that a chat box may post, bytes")
    accepting: int = Field(64, ge=1, description="deliveries stored at once; more wait")
    accept_within: float = Field(20.0, gt=0, description="seconds a delivery may wait before it is told to come again")
    slow_down_after: float = Field(0.5, gt=0, description="age of the oldest waiting write that slows answers, seconds")
    sending: int = Field(32, ge=1, description="messages sent at once, by one process")
    sending_per_channel: int = Field(8, ge=1, description="of these, to one channel")
    send_timeout: float = Field(15.0, gt=0, le=50, description="seconds one attempt to send may take")
    fetching: int = Field(4, ge=1, description="attachments fetched at once, by one process")
    fetch_timeout: float = Field(50.0, gt=0, le=100, description="seconds one attachment may take to fetch")
    mail_timeout: float = Field(50.0, gt=0, le=55, description="seconds one mail may take to send")
    mail_answer: float = Field(30.0, gt=0, le=120, description="seconds a mail server may take to answer")
    mail_poll: float = Field(60.0, gt=0, description="seconds after which a mailbox is read again, IDLE or not")
    mail_lease: float = Field(30.0, gt=0, description="seconds after which a mailbox passes from a dead process")
    mail_patience: float = Field(300.0, ge=0, description="seconds a mailbox may fail before admins are told")
    mail_limit: int = Field(41_943_040, ge=65_536, description="bytes of a mail that are read; larger ones are cut")
    mail_threads: int = Field(8, ge=1, description="threads that speak with IMAP servers")
    streams_per_visitor: int = Field(5, ge=1, description="live streams of one chat visitor")
    visitor_messages: Rate = Field("30/minute", description="messages of one visitor")
    address_messages: Rate = Field("600/minute", description="messages of visitors from one address")
    address_sessions: Rate = Field("120/minute", description="new visitors from one address")
    address_reads: Rate = Field("3000/minute", description="histories and streams asked for from one address")
