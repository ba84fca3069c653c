"""What agents and admins are told by the services is said in Spanish on the Spanish page too."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
BOOK = ROOT / "services/gateway/web/src/i18n/said.es.ts"
SAYING = {"Unprocessable", "Conflict", "StaleVersion", "TooLarge", "Problem", "Forbidden"}
PLACES = (
    "services/gateway/api/acts.py",
    "services/gateway/api/agents.py",
    "services/gateway/api/macros.py",
    "services/gateway/api/files.py",
    "services/routing/domain/acts.py",
    "services/routing/domain/boomerangs.py",
    "services/ingest/domain/sending.py",
    "services/ingest/handlers/attaching.py",
    "services/ingest/handlers/writing.py",
    *(str(found.relative_to(ROOT)) for found in sorted(ROOT.glob("services/*/resources*/**/*.py"))),
    *(str(found.relative_to(ROOT)) for found in sorted(ROOT.glob("services/*/resources.py"))),
)
NOT_ON_THE_PAGE = {"A piece must have {} bytes, but for the last."}
"""What only programs can cause."""


def said(place: str) -> Iterator[str]:
    """Sentences that a refusal is made with; what varies is ``{}``."""
    for node in ast.walk(ast.parse((ROOT / place).read_text())):
        if not isinstance(node, ast.Call):
            continue
        names = {part.id for part in ast.walk(node.func) if isinstance(part, ast.Name)}
        for argument in node.args if names & SAYING else ():
            match argument:
                case ast.Constant(value=str(text)) if " " in text:
                    yield text
                case ast.JoinedStr(values=values):
                    text = "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in values)
                    if re.search("[a-z] [a-z]", text):
                        yield text


def known() -> set[str]:
    """The keys of the phrase book: one line each, in quotes."""
    keys = re.findall(r"^  ('(?:[^'\\]|\\.)*'|\"[^\"]*\"):", BOOK.read_text(), re.M)
    return {json.loads(key) if key[0] == '"' else key[1:-1].replace("\\'", "'") for key in keys}


def test_UI_06_every_refusal_that_the_page_shows_has_its_spanish_words() -> None:
    sentences = {(place, text) for place in PLACES for text in said(place)}
    assert len(sentences) > 40
    missing = {(place, text) for place, text in sentences if text not in known() | NOT_ON_THE_PAGE}
    assert missing == set(), f"say it in Spanish in {BOOK.relative_to(ROOT)}"
