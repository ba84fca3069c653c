"""docs/features.md says of every feature whether it is there, and names tests that exist."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "features.md"
AREAS = {
    "CH": 15,
    "WF": 35,
    "RT": 17,
    "SL": 14,
    "AU": 22,
    "CS": 13,
    "CT": 15,
    "KB": 7,
    "AG": 11,
    "RP": 12,
    "PR": 6,
    "UI": 8,
}
"""Features by area: their ids count from 01."""
ROW = re.compile(r"\| ([A-Z]{2}-\d{2}) \| (done|partial|not yet) \| (\S.*\S) \|")
NODE = re.compile(r"`([^`]+)`")


def lines() -> Sequence[str]:
    return [line for line in PAGE.read_text().splitlines() if line.startswith("|")]


def rows() -> Sequence[tuple[str, str, list[str], str]]:
    """Id, state, node ids, and the words beside them."""
    found = [match.groups() for line in lines() if (match := ROW.fullmatch(line))]
    return [(id, state, NODE.findall(cell), NODE.sub("", cell).strip(" ,.")) for id, state, cell in found]


@cache
def names(path: str) -> frozenset[str]:
    """Functions, and methods as ``Class::name``, of a test file; state machines have ``runTest`` from their base."""
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    found: set[str] = set()
    for node in ast.parse(file.read_text()).body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                found.add(node.name)
            case ast.ClassDef():
                methods = [one.name for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
                found |= {f"{node.name}::{name}" for name in (*methods, "runTest")}
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Attribute(attr="TestCase")):
                found.add(f"{name}::runTest")
            case _:
                pass
    return frozenset(found)


def exists(node_id: str) -> bool:
    path, _, name = node_id.partition("::")
    plain = name.partition("[")[0]
    return (
        path.startswith("tests/")
        and plain.rpartition("::")[2].startswith(("test_", "runTest"))
        and plain in names(path)
    )


def test_every_row_has_the_form() -> None:
    headings = {"| id | state | shown by, or what is missing |", "|---|---|---|"}
    assert [line for line in lines() if line not in headings and not ROW.fullmatch(line)] == []


def test_every_feature_has_one_row() -> None:
    expected = [f"{area}-{number:02}" for area, count in AREAS.items() for number in range(1, count + 1)]
    assert sorted(id for id, *_ in rows()) == sorted(expected)


def test_every_test_that_is_named_exists() -> None:
    named = [(id, node) for id, _, nodes, _ in rows() for node in nodes]
    assert named
    assert [one for one in named if not exists(one[1])] == []


def test_done_names_a_test_and_the_others_say_what_is_missing() -> None:
    assert [id for id, state, nodes, _ in rows() if state == "done" and not nodes] == []
    assert [id for id, state, _, words in rows() if state != "done" and len(words.split()) < 2] == []
    assert [id for id, state, nodes, words in rows() if state == "partial" and "Missing: " not in words] == []


def test_the_counts_at_the_top_are_those_of_the_rows() -> None:
    count = Counter(state for _, state, *_ in rows())
    said = f"{count['done']} are done, {count['partial']} partial, {count['not yet']} not yet."
    assert f"Of {count.total()} rows, {said}" in PAGE.read_text()


@pytest.mark.parametrize("node_id", ["tests/unit/test_features_page.py::test_nothing", "tests/none.py::test_x", "x"])
def test_a_test_that_is_not_there_is_noticed(node_id: str) -> None:
    assert not exists(node_id)
