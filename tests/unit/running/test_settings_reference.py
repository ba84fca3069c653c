"""The operator's guide lists the settings that there are."""

from pathlib import Path

from services.settings_reference import GUIDE, settings, written

ROOT = Path(__file__).parents[3]


def test_the_guide_lists_every_setting_as_it_is() -> None:
    guide = (ROOT / GUIDE).read_text()
    assert written(guide) == guide, "run `make docs`"


def test_every_setting_says_what_it_means() -> None:
    silent = [one.variable for _, found in settings() for one in found if not one.meaning]
    assert silent == []
