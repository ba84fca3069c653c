"""Settings that every process shares, from the environment (``SWITCHBOARD_…``), and how settings are read."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.field_errors import field_errors
from shared.startup import BadSetting

S = TypeVar("S", bound=BaseSettings)

PREFIX = re.compile(r"[a-z][a-z0-9-]{0,30}")


def _mongo(url: str) -> str:
    if not url.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("must begin with mongodb:// or mongodb+srv://")
    return url


def _amqp(url: str) -> str:
    if not url.startswith(("amqp://", "amqps://")):
        raise ValueError("must begin with amqp:// or amqps://")
    return url


def _http(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return url.rstrip("/")


MongoUrl = Annotated[str, AfterValidator(_mongo)]
RabbitUrl = Annotated[str, AfterValidator(_amqp)]
HttpUrl = Annotated[str, AfterValidator(_http)]


class CommonSettings(BaseSettings):
    """What all six services stand on. ``docs/operations.md`` lists every setting with its default."""

    model_config = SettingsConfigDict(env_prefix="SWITCHBOARD_", frozen=True, extra="ignore", env_ignore_empty=True)

    mongo_url: MongoUrl | None = Field(None, description="MongoDB; `up` starts an embedded one without it")
    mongo_embedded: bool = Field(False, description="that server is SecantusDB: spare what is slow on it")
    rabbit_url: RabbitUrl | None = Field(None, description="RabbitMQ; `up` starts a local one without it")
    prefix: str = Field("switchboard", description="begins the name of every database, exchange and queue")

    secret_key: SecretStr | None = Field(None, description="encrypts stored secrets; 32 characters or more")
    former_secret_keys: SecretStr = Field(SecretStr(""), description="earlier keys, by commas, still read")
    secret_key_file: Path | None = Field(None, description="file to read the key from, instead of secret_key")

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 in containers, behind TLS")
    port: int = Field(8080, ge=1, le=65535, description="port of pages, API, hooks and widget")
    ops_port: int | None = Field(None, ge=1, le=65535, description="port of /livez /readyz /metrics; else as `port`")
    public_url: HttpUrl = Field("", validate_default=True, description="address as people and networks reach us")
    trusted_proxies: str = Field("127.0.0.1", description="proxies, by commas, whose X-Forwarded-For is believed")

    state_dir: Path = Field(Path("state"), description="where `up` keeps its servers' data and its secret key")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="`up` on its own: warning")
    log_format: Literal["auto", "console", "json"] = Field("auto", description="auto: json unless on a terminal")
    prefetch: int = Field(50, ge=1, le=1000, description="deliveries of one queue handled at once, per process")
    connect_within: float = Field(15, gt=0, description="seconds to wait for broker and store at start")
    stop_within: float = Field(20, gt=0, description="seconds to finish what is in flight at stop")
    allow_private_endpoints: bool = Field(False, description="let webhooks, bots and images go to private addresses")

    @field_validator("prefix")
    @classmethod
    def _plain_prefix(cls, prefix: str) -> str:
        if not PREFIX.fullmatch(prefix):
            raise ValueError("must be lower-case letters, digits and hyphens, at most 31, beginning with a letter")
        return prefix

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, proxies: str) -> str:
        for one in proxies.split(","):
            try:
                _ = one.strip() == "*" or ip_network(one.strip(), strict=False)
            except ValueError:
                raise ValueError("must be addresses or networks by commas, as 10.0.0.0/8, or *") from None
        return proxies

    @field_validator("secret_key")
    @classmethod
    def _long_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value()) < 32:
            raise ValueError("must have 32 characters or more; make one with: openssl rand -hex 32")
        return key

    @field_validator("public_url", mode="before")
    @classmethod
    def _local_unless_given(cls, url: str, info: ValidationInfo) -> str:
        return url or f"http://localhost:{info.data.get('port', 8080)}"

    def secret_keys(self) -> tuple[str, ...]:
        """The current key, then the former ones. BadSetting when there is none."""
        former = tuple(key for key in self.former_secret_keys.get_secret_value().split(",") if key)
        return (self._current_key(), *former)

    def _current_key(self) -> str:
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        if self.secret_key_file is None:
            raise BadSetting(
                "SWITCHBOARD_SECRET_KEY is not set: give every process the same key, made once with "
                "`openssl rand -hex 32`, and keep it safe"
            )
        try:
            key = self.secret_key_file.read_text().strip()
        except OSError as error:
            raise BadSetting(
                f"SWITCHBOARD_SECRET_KEY_FILE: cannot read {self.secret_key_file} ({error.strerror})"
            ) from None
        if len(key) < 32:
            raise BadSetting(f"SWITCHBOARD_SECRET_KEY_FILE: {self.secret_key_file} holds fewer than 32 characters")
        return key


def load(kind: type[S]) -> S:
    """Read settings of this kind from the environment. BadSetting names the variable that is wrong."""
    try:
        return kind()
    except ValidationError as error:
        first = field_errors(error)[0]
        variable = f"{kind.model_config.get('env_prefix', '')}{first['field'].replace('.', '_')}".upper()
        why = first["message"]
        raise BadSetting(f"{variable}: {why[:1].lower()}{why[1:]}") from None
