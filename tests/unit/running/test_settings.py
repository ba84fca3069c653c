"""Settings: read from the environment, refused in one line that names the variable."""

from pathlib import Path

import pytest

from services.ingest.settings import IngestSettings
from shared.settings import CommonSettings, load
from shared.startup import BadSetting

KEY = "0123456789abcdef" * 2


def test_defaults_serve_this_machine_only() -> None:
    settings = load(CommonSettings)
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8080, "http://localhost:8080")


def test_the_public_address_follows_the_port_and_loses_its_last_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD_PORT", "9000")
    assert load(CommonSettings).public_url == "http://localhost:9000"
    monkeypatch.setenv("SWITCHBOARD_PUBLIC_URL", "https://care.example/")
    assert load(CommonSettings).public_url == "https://care.example"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SWITCHBOARD_PORT", "many"),
        ("SWITCHBOARD_PORT", "70000"),
        ("SWITCHBOARD_MONGO_URL", "localhost:27017"),
        ("SWITCHBOARD_RABBIT_URL", "http://localhost"),
        ("SWITCHBOARD_PREFIX", "Has Space"),
        ("SWITCHBOARD_SECRET_KEY", "short"),
        ("SWITCHBOARD_LOG_LEVEL", "loud"),
        ("SWITCHBOARD_PUBLIC_URL", "care.example"),
        ("SWITCHBOARD_TRUSTED_PROXIES", "127.0.0.1, nginx"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_variable_and_hides_the_value(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(BadSetting) as refused:
        load(CommonSettings)
    line = str(refused.value)
    assert line.startswith(f"{variable}: ")
    assert "\n" not in line
    assert value not in line or variable == "SWITCHBOARD_LOG_LEVEL"
    assert refused.value.exit_code == 2


def test_a_rate_that_cannot_be_read_is_one_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD_INGEST_VISITOR_MESSAGES", "lots")
    with pytest.raises(BadSetting, match=r"SWITCHBOARD_INGEST_VISITOR_MESSAGES: .* 30/minute"):
        load(IngestSettings)


def test_an_empty_value_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD_MONGO_URL", "")
    assert load(CommonSettings).mongo_url is None


def test_without_a_secret_key_it_is_refused() -> None:
    with pytest.raises(BadSetting, match="SWITCHBOARD_SECRET_KEY is not set"):
        load(CommonSettings).secret_keys()


def test_the_current_key_comes_first_and_former_ones_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD_SECRET_KEY", KEY)
    monkeypatch.setenv("SWITCHBOARD_FORMER_SECRET_KEYS", "older,oldest")
    assert load(CommonSettings).secret_keys() == (KEY, "older", "oldest")


def test_the_key_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    monkeypatch.setenv("SWITCHBOARD_SECRET_KEY_FILE", str(file))
    with pytest.raises(BadSetting, match="cannot read"):
        load(CommonSettings).secret_keys()
    file.write_text(KEY + "\n")
    assert load(CommonSettings).secret_keys() == (KEY,)


def test_no_secret_shows_in_the_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD_SECRET_KEY", KEY)
    monkeypatch.setenv("SWITCHBOARD_FORMER_SECRET_KEYS", KEY[::-1])
    shown = repr(load(CommonSettings))
    assert KEY not in shown
    assert KEY[::-1] not in shown
