"""Every setting with its default, read from the settings classes themselves: ``switchboard settings``."""

import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from shared.contracts.topology import SERVICES
from shared.settings import CommonSettings

UNTIL, FROM = "<!-- end of settings -->", "<!-- settings: written by `make docs` -->"
GUIDE = Path("docs/operations.md")


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable."""

    variable: str
    default: str
    meaning: str


def settings() -> Iterator[tuple[str, list[Setting]]]:
    """Settings by whom they concern: every process, then each service that has some of its own."""
    yield "every process", _of(CommonSettings)
    for service in SERVICES:
        module = importlib.import_module(f"services.{service}")
        if not (Path(inspect.getfile(module)).parent / "settings.py").exists():
            continue
        found = importlib.import_module(f"services.{service}.settings")
        for kind in vars(found).values():
            if isinstance(kind, type) and issubclass(kind, BaseSettings) and kind.__module__ == found.__name__:
                yield service, _of(kind)


def markdown() -> str:
    """The tables of the operator's guide."""
    lines: list[str] = []
    for whom, found in settings():
        lines += [f"**{whom}**", "", "| variable | default | meaning |", "|---|---|---|"]
        lines += [
            f"| `{one.variable}` | {f'`{one.default}`' if one.default else ''} | {one.meaning} |" for one in found
        ]
        lines += [""]
    return "\n".join(lines)


def written(guide: str) -> str:
    """The guide with its tables as they are now."""
    before, _, rest = guide.partition(FROM)
    _, _, after = rest.partition(UNTIL)
    return f"{before}{FROM}\n\n{markdown()}\n{UNTIL}{after}"


def _of(kind: type[BaseSettings]) -> list[Setting]:
    prefix = kind.model_config.get("env_prefix", "")
    return [
        Setting(f"{prefix}{name}".upper(), _default(field), " ".join((field.description or "").split()))
        for name, field in kind.model_fields.items()
    ]


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    match value:
        case None | "" | SecretStr():
            return ""
        case bool():
            return str(value).lower()
        case _:
            return str(value)


if __name__ == "__main__":
    GUIDE.write_text(written(GUIDE.read_text()))
