"""Broker addresses."""

import pytest

from shared.bus.address import place, with_defaults


def test_defaults_are_added_and_what_is_set_stays() -> None:
    url = with_defaults("amqp://u:p@h:1/v?heartbeat=3&x=a%20b", heartbeat="15", name="sla")
    assert url == "amqp://u:p@h:1/v?heartbeat=3&name=sla&x=a+b"


@pytest.mark.parametrize("url", ["amqp://u:s3cret@h/v", "amqp://u:s3cret@h:no/v"])
def test_a_password_is_never_shown(url: str) -> None:
    assert "s3cret" not in place(url)


def test_the_virtual_host_survives() -> None:
    assert with_defaults("amqp://u:p@h/%2F", name="x").startswith("amqp://u:p@h/%2F?")
