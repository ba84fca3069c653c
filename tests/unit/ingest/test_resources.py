"""Channels as admins may save them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.ingest.resources import declarations, with_secrets
from shared.contracts.settings import Channel, ContactAttribute, WebhookConfig
from shared.webhooks import key_of

CHANNELS, ATTRIBUTES, _ = declarations(allow_private=False)


def channel(**config: Any) -> Channel:
    return Channel.model_validate({"name": "c", "config": {"medium": "webhook", **config}})


def problems(value: Channel, allow_private: bool = False) -> list[str]:
    return [one.field for one in declarations(allow_private=allow_private)[0].check("", value, {})]


def config(value: Channel) -> WebhookConfig:
    assert isinstance(value.config, WebhookConfig)
    return value.config


def test_secrets_are_made_when_none_are_given_and_kept_afterwards() -> None:
    made = with_secrets(channel(), None)
    again = with_secrets(channel(), made)
    assert config(again) == config(made)
    assert len(key_of(config(made).inbound_secret or "")) == 32
    assert config(made).inbound_secret != config(made).outbound_secret
    assert problems(made) == []


def test_a_short_secret_is_refused() -> None:
    assert problems(channel(inbound_secret="short")) == ["config.inbound_secret"]


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "[::1]", "localhost", "db.internal", "169.254.169.254"])
def test_private_addresses_are_refused_unless_the_operator_allows_them(host: str) -> None:
    value = channel(outbound_url=f"http://{host}/x")
    assert problems(value) == ["config.outbound_url"]
    assert problems(value, allow_private=True) == []


def test_a_public_address_is_fine() -> None:
    assert problems(channel(outbound_url="https://hooks.example.org/x")) == []


@pytest.mark.parametrize(
    ("origin", "fine"),
    [
        ("https://shop.example", True),
        ("http://localhost:3000", True),
        ("https://shop.example/", False),
        ("shop.example", False),
        ("https://Shop.example", False),
        ("https://*.example", False),
        ("null", False),
    ],
)
def test_allowed_origins_are_origins(origin: str, fine: bool) -> None:
    value = Channel.model_validate({"name": "c", "config": {"medium": "webchat", "allowed_origins": [origin]}})
    assert (CHANNELS.check("", value, {}) == []) is fine


def test_CT_03_a_list_needs_options_and_a_name_must_be_usable() -> None:
    bad = ContactAttribute(name="a.b", type="list")
    assert [one.field for one in ATTRIBUTES.check("", bad, {})] == ["name", "options"]
    assert ATTRIBUTES.check("", ContactAttribute(name="plan", type="list", options=("gold",)), {}) == []


def mailbox(**config: Any) -> Channel:
    usual = {"address": "Help@shop.example", "imap_host": "mail.example.org", "smtp_host": "mail.example.org"}
    value = {"medium": "email", "imap_password": "secret", **usual, **config}
    return Channel.model_validate({"name": "Mail", "config": value})


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"imap_password": None}, "config.imap_password"),
        ({"sign_in": "oauth2", "oauth_client_id": "c"}, "config.oauth_token_url"),
        (
            {"sign_in": "oauth2", "oauth_client_id": "c", "oauth_token_url": "http://10.0.0.1/token"},
            "config.oauth_token_url",
        ),
        ({"display_name": "Shop\r\nBcc: x"}, "config.display_name"),
        ({"imap_folder": "a\nb"}, "config.imap_folder"),
    ],
)
def test_a_mailbox_that_could_not_be_used_is_refused_with_its_field(config: dict[str, Any], field: str) -> None:
    assert problems(mailbox()) == []
    assert problems(mailbox(**config)) == [field]


def test_CH_01_one_mailbox_and_one_address_are_one_channel() -> None:
    claims = set(CHANNELS.claims(mailbox()))
    same_box = mailbox(address="other@shop.example", imap_user="HELP@shop.example")
    assert claims & set(CHANNELS.claims(same_box)) == {"name:mail", "mailbox:mail.example.org:help@shop.example:inbox"}
    other = mailbox(address="other@shop.example", imap_folder="Support")
    assert claims & set(CHANNELS.claims(other)) == {"name:mail"}


@pytest.mark.parametrize("host", ["a b", "mail.example.org/x", "", "x\r\ny"])
def test_a_host_that_is_no_name_is_refused(host: str) -> None:
    with pytest.raises(ValidationError):
        mailbox(imap_host=host)
