"""Where a conversation belongs: skill sets, teams and distributions that match it (RT-02 to RT-05, RT-09). Pure."""

from __future__ import annotations

from collections.abc import Collection

from services.routing.domain.desk import Desk
from shared.contracts.conversations import ConversationSnapshot
from shared.contracts.settings import SkillGroup, SkillRule, SkillSet


def matches(skill_set: SkillSet, conversation: ConversationSnapshot) -> bool:
    """Whether the conversation fits; a skill set, or a group, without rules matches nothing (RT-04)."""
    return _joined(skill_set.join, [_group_matches(group, conversation) for group in skill_set.groups])


def matching_teams(conversation: ConversationSnapshot, desk: Desk) -> tuple[str, ...]:
    """Teams that have a matching skill set (RT-03), in list order; else the fallback teams (RT-05)."""
    found = {
        team for skill_set in desk.skill_sets.values() if matches(skill_set, conversation) for team in skill_set.teams
    }
    chosen: Collection[str] = found or desk.workflow.fallback_teams
    return tuple(team for team in desk.teams if team in chosen)


def matching_agents(conversation: ConversationSnapshot, desk: Desk) -> tuple[str, ...]:
    """Single agents that a matching skill set is attached to (RT-02), in order of mention."""
    return tuple(
        dict.fromkeys(
            agent
            for skill_set in desk.skill_sets.values()
            if skill_set.agents and matches(skill_set, conversation)
            for agent in skill_set.agents
        )
    )


def matching_distribution(conversation: ConversationSnapshot, desk: Desk) -> str | None:
    """The first in list order whose channels and criteria fit, in hours or not (workflow.md, Entering new)."""
    for name, distribution in desk.distributions.items():
        if not distribution.enabled or (distribution.channels and conversation.channel not in distribution.channels):
            continue
        if distribution.skill_set is None:
            return name
        criteria = desk.skill_sets.get(distribution.skill_set)
        if criteria is not None and matches(criteria, conversation):
            return name
    return None


def _group_matches(group: SkillGroup, conversation: ConversationSnapshot) -> bool:
    return _joined(group.join, [_rule_matches(rule, conversation) for rule in group.rules])


def _joined(join: str, results: list[bool]) -> bool:
    return bool(results) and (all(results) if join == "and" else any(results))


def _rule_matches(rule: SkillRule, conversation: ConversationSnapshot) -> bool:
    held = _held(rule, conversation)
    if rule.operator == "is_empty":
        return not held
    wanted = {value.casefold() for value in rule.values} if rule.field == "language" else set(rule.values)
    if not wanted:
        return False
    match rule.operator:
        case "any_of":
            return bool(wanted & held)
        case "all_of":
            return wanted <= held
        case "none_of":
            return not wanted & held


def _held(rule: SkillRule, conversation: ConversationSnapshot) -> set[str]:
    match rule.field:
        case "topic":
            return set(conversation.topics)
        case "tag":
            return set(conversation.tags)
        case "contact_group":
            return set(conversation.groups)
        case "language":
            language = (conversation.language or "").casefold()
            return {language, language.split("-")[0]} - {""}
        case "channel":
            return {conversation.channel}
        case "visibility":
            return {str(conversation.visibility)}
