"""Keyword matching agrees with a slow reading of the rule, and order within a set of rules never matters to a rule."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from services.automation.domain.keywords import KeywordIndex, folded, wanted_by
from services.automation.domain.looking import Seen
from services.automation.domain.rules import RuleSet
from shared.contracts.acts import ChangeTopics, Resolve
from shared.contracts.settings import Group, KeywordCondition, Rule, RuleEvent
from shared.contracts.words import Visibility
from tests.support.conversations import START

ALPHABET = "aábcñ+_1 .'ßA"
WORDS = st.text(ALPHABET, min_size=1, max_size=4).map(str.strip).filter(bool)
TEXTS = st.text(ALPHABET + "\n", max_size=30)


def slow(keyword: str, text: str, ignore_accents: bool) -> bool:
    """A letter or digit at an end of the keyword has none beside it."""
    wanted, where = folded(keyword, ignore_accents=ignore_accents), folded(text, ignore_accents=ignore_accents)
    before = r"(?<!\w)" if re.match(r"\w", wanted) else ""
    after = r"(?!\w)" if re.search(r"\w$", wanted) else ""
    return re.search(f"{before}{re.escape(wanted)}{after}", where) is not None


@given(st.lists(st.tuples(st.lists(WORDS, min_size=1, max_size=3), st.booleans(), st.booleans()), max_size=5), TEXTS)
def test_AU_02_keywords_agree_with_a_slow_reading(rows: list[tuple[list[str], bool, bool]], text: str) -> None:
    conditions = [
        KeywordCondition(keywords=",".join(words), match="all_of" if every else "any_of", ignore_accents=ignore)
        for words, every, ignore in rows
    ]
    expected = {
        place
        for place, (words, every, ignore) in enumerate(rows)
        if (all if every else any)(slow(word, text, ignore) for word in words)
    }
    assert KeywordIndex([wanted_by(condition) for condition in conditions]).matching(text) == expected


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(WORDS, st.integers(0, 3)), max_size=8), TEXTS, st.booleans()
)
def test_AU_08_a_rule_matches_the_same_alone_and_among_others(
    wanted: dict[str, tuple[str, int]], text: str, first: bool
) -> None:
    rules = {
        id: Rule(
            name=f"Rule {id}",
            conditions=Group(of=(KeywordCondition(keywords=word),)),
            actions=(Resolve(), ChangeTopics(add=(id,))),
            position=position,
        )
        for id, (word, position) in wanted.items()
    }
    seen = Seen(
        events=frozenset({RuleEvent.MESSAGE_RECEIVED}),
        cause="m1",
        at=START,
        text=text,
        channel="ch-1",
        visibility=Visibility.PRIVATE,
        first=first,
    )
    together = [match.run for match in RuleSet(rules).matches(seen)]
    alone = [match.run for id, rule in rules.items() for match in RuleSet({id: rule}).matches(seen)]
    assert sorted(together, key=lambda run: run.rule) == sorted(alone, key=lambda run: run.rule)
    places = [(rules[run.rule].position, rules[run.rule].name) for run in together]
    assert places == sorted(places)
    for run in together:
        acts = [action.act for action in run.actions]
        assert acts == (["change_topics", "resolve"] if first else ["change_topics"])
