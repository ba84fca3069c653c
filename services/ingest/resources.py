"""The settings objects that ingest owns: channels and contact attributes, with their rules."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from services.ingest.domain.attributes import tidy_name
from services.ingest.domain.mail.writing import for_servers
from shared.contracts.settings import Channel, ContactAttribute, EmailConfig, ThreadBlock, WebchatConfig, WebhookConfig
from shared.errors import Unprocessable
from shared.outside import checked, problem
from shared.resources import Declaration, Problem, unique_name
from shared.webhooks import key_of, new_secret

SHORTEST_KEY = 16


def declarations(
    *, allow_private: bool
) -> tuple[Declaration[Channel], Declaration[ContactAttribute], Declaration[ThreadBlock]]:
    """What ingest owns. ``allow_private`` as SWITCHBOARD_ALLOW_PRIVATE_ENDPOINTS says."""

    def check_channel(_id: str, channel: Channel, _others: Mapping[str, Channel]) -> Sequence[Problem]:
        match channel.config:
            case WebhookConfig():
                return _webhook_problems(channel.config, allow_private)
            case WebchatConfig():
                return _webchat_problems(channel.config)
            case EmailConfig():
                return _email_problems(channel.config, allow_private)

    return (
        Declaration(Channel, check=check_channel, claims=_claims, prepare=with_secrets),
        Declaration(ContactAttribute, check=_attribute_problems, claims=unique_name),
        Declaration(ThreadBlock, claims=lambda block: (f"thread {block.channel} {block.root}",)),
    )


def _claims(channel: Channel) -> Sequence[str]:
    """A name of its own; and one mailbox is one channel (CH-01), or two would read it."""
    config = channel.config
    if not isinstance(config, EmailConfig):
        return unique_name(channel)
    mailbox = f"mailbox:{config.imap_host}:{config.imap_user or config.address}:{config.imap_folder}".casefold()
    return (*unique_name(channel), f"mail:{config.address.casefold()}", mailbox)


def with_secrets(channel: Channel, former: Channel | None) -> Channel:
    """A webhook channel always has both secrets: given, kept, or made here and shown once."""
    config = channel.config
    if not isinstance(config, WebhookConfig):
        return channel
    before = former.config if former is not None and isinstance(former.config, WebhookConfig) else WebhookConfig()
    inbound = config.inbound_secret or before.inbound_secret or new_secret(secrets.token_bytes(32))
    outbound = config.outbound_secret or before.outbound_secret or new_secret(secrets.token_bytes(32))
    filled = config.model_copy(update={"inbound_secret": inbound, "outbound_secret": outbound})
    return channel.model_copy(update={"config": filled})


def _webhook_problems(config: WebhookConfig, allow_private: bool) -> Sequence[Problem]:
    problems = [
        Problem(f"config.{field}", f"A secret must have at least {SHORTEST_KEY} bytes; leave it out and we make one.")
        for field, secret in (("inbound_secret", config.inbound_secret), ("outbound_secret", config.outbound_secret))
        if secret and len(key_of(secret)) < SHORTEST_KEY
    ]
    if config.outbound_url is not None and (wrong := problem(str(config.outbound_url), allow_private=allow_private)):
        problems.append(Problem("config.outbound_url", wrong))
    return problems


def _email_problems(config: EmailConfig, allow_private: bool) -> Sequence[Problem]:
    needed: Mapping[str, Mapping[str, object]] = {
        "password": {"imap_password": config.imap_password},
        "oauth2": {"oauth_token_url": config.oauth_token_url, "oauth_client_id": config.oauth_client_id},
    }
    problems = [
        Problem(f"config.{field}", "This is needed to sign in.")
        for field, value in needed[config.sign_in].items()
        if not value
    ]
    try:
        for_servers(config.address)
    except ValueError:
        problems.append(Problem("config.address", "Mail servers do not take this address."))
    if config.oauth_token_url is not None and (
        wrong := problem(str(config.oauth_token_url), allow_private=allow_private)
    ):
        problems.append(Problem("config.oauth_token_url", wrong))
    texts = {"display_name": config.display_name, "imap_user": config.imap_user, "imap_folder": config.imap_folder}
    problems += [
        Problem(f"config.{field}", "This must be one line.")
        for field, text in {**texts, "smtp_user": config.smtp_user}.items()
        if not text.isprintable()
    ]
    return problems


def _webchat_problems(config: WebchatConfig) -> Sequence[Problem]:
    return [
        Problem("config.allowed_origins", f"{origin} is not an origin, as https://www.example.org")
        for origin in config.allowed_origins
        if not _is_origin(origin)
    ]


def _is_origin(text: str) -> bool:
    try:
        scheme, host, _ = checked(text)
    except Unprocessable:
        return False
    plain = text == text.lower() and text.count("/") == 2 and "*" not in text
    return plain and text.startswith(f"{scheme}://{host}")


def _attribute_problems(
    _id: str, attribute: ContactAttribute, _others: Mapping[str, ContactAttribute]
) -> Sequence[Problem]:
    try:
        usable = tidy_name(attribute.name) == attribute.name
    except ValueError:
        usable = False
    problems = [] if usable else [Problem("name", "A name has at most 64 characters, without dots or dollars.")]
    if attribute.type == "list" and not attribute.options:
        problems.append(Problem("options", "A list needs options."))
    return problems
