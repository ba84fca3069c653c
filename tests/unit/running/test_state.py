"""The state folder: the secret key is made once and is nobody else's business."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.local.state import State, make_secret_key
from shared.startup import StartupError


def test_the_key_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    key = State(tmp_path / "state").secret_key()
    assert len(key) == 64
    assert State(tmp_path / "state").secret_key() == key
    assert stat.S_IMODE((tmp_path / "state" / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_two_that_make_it_at_once_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: make_secret_key(tmp_path / "secret.key"), range(8)))
    assert len(keys) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartupError, match="set SWITCHBOARD_STATE_DIR"):
        State(tmp_path / "file" / "state")
