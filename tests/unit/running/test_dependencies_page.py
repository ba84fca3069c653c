"""Every dependency has its line in docs/dependencies.md."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_dependency_says_why_it_is_here() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    required = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["embedded"],
        *project["dependency-groups"]["dev"],
    ]
    names = {re.split(r"[\[><=;~! ]", one, maxsplit=1)[0] for one in required}
    explained = (ROOT / "docs" / "dependencies.md").read_text()
    assert [name for name in sorted(names) if name not in explained] == []
