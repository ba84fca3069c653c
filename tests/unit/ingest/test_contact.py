"""Contacts: what networks tell, what people set, what is detected."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.attributes import misfits, tidy
from services.ingest.domain.contact import (
    Contact,
    changed_event,
    detected,
    edited,
    fresh,
    identity,
    muted,
    silenced,
    told,
    with_mute,
)
from shared.contracts.settings import Channel, ContactAttribute, WebhookConfig
from shared.contracts.words import Medium

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ATTRIBUTES = st.dictionaries(st.sampled_from("abc"), st.none() | st.integers() | st.text(max_size=3))


def ana(**fields: Any) -> Contact:
    contact = fresh(identity(Medium.WEBHOOK, "c", "ana"), "Ana", {}, NOW)
    return contact.model_copy(update=fields)


@given(ATTRIBUTES)
def test_being_told_the_same_twice_changes_nothing(attributes: dict[str, Any]) -> None:
    once = told(ana(), "Ana", attributes, NOW)
    assert told(once, "Ana", attributes, NOW) is once
    assert {key: value for key, value in attributes.items() if value is not None} == once.attributes


def test_a_name_set_by_hand_is_not_overwritten_by_the_network() -> None:
    named = edited(ana(), NOW, name="Doña Ana")
    assert told(named, "ana_1970", {}, NOW).name == "Doña Ana"
    assert told(ana(), "ana_1970", {}, NOW).name == "ana_1970"
    assert told(ana(), "", {}, NOW).name == "Ana"


def test_AU_09_a_language_set_by_hand_stays_until_it_is_cleared() -> None:
    by_hand = edited(ana(language="es"), NOW, language="gl")
    assert detected(by_hand, "es", NOW) is by_hand
    assert detected(edited(by_hand, NOW, clear_language=True), "es", NOW).language == "es"
    assert detected(ana(language="es"), "es", NOW).language == "es"


def test_an_edit_that_changes_nothing_is_the_same_contact() -> None:
    contact = ana(vip=True)
    assert edited(contact, NOW, name="Ana", vip=True, attributes={"gone": None}) is contact


def test_addresses_of_a_webhook_are_its_own_and_phone_numbers_name_a_person_everywhere() -> None:
    assert identity(Medium.WEBHOOK, "c", "x").id != identity(Medium.WEBHOOK, "d", "x").id
    assert identity(Medium.SMS, "c", "+34").id == identity(Medium.SMS, "d", "+34").id
    assert identity(Medium.SMS, "c", "+34").id != identity(Medium.WHATSAPP, "c", "+34").id


def test_RT_17_a_vip_is_in_the_group_of_vips() -> None:
    assert edited(ana(), NOW, vip=True).snapshot().groups == ("VIP",)
    assert edited(ana(vip=True), NOW, vip=False).snapshot().groups == ()


def test_CH_11_muting_is_by_channel() -> None:
    assert muted(ana(muted_on=("c",)), "c")
    assert not muted(ana(muted_on=("c",)), "d")


def test_CH_11_what_is_switched_off_silences_nobody_and_switched_on_again_whoever_was_muted() -> None:
    mute = with_mute(ana(), "c", NOW, wanted=True)
    assert with_mute(mute, "c", NOW, wanted=True) is mute
    assert mute.snapshot().muted_on == ("c",)
    on = Channel(name="C", config=WebhookConfig(), muting=True)
    off = on.model_copy(update={"muting": False})
    assert [silenced(mute, settings, "c") for settings in (on, off, None, on)] == [True, False, False, True]
    assert not silenced(with_mute(mute, "c", NOW, wanted=False), on, "c")


@pytest.mark.parametrize(
    ("type", "fits", "misfit"),
    [
        ("text", "x", 1),
        ("number", 1.5, True),
        ("number", 3, "3"),
        ("boolean", False, 0),
        ("date", "2026-03-31", "31/03/2026"),
        ("url", "https://x.example", "javascript:alert(1)"),
        ("list", "gold", "lead"),
        ("list", ("gold", "tin"), ("gold", "lead")),
    ],
)
def test_CT_03_a_value_must_fit_its_type(type: Any, fits: Any, misfit: Any) -> None:
    definition = ContactAttribute(name="a", type=type, options=("gold", "tin"))
    assert misfits({"a": fits, "free": misfit}, [definition]) == []
    assert [one["field"] for one in misfits({"a": misfit}, [definition])] == ["attributes.a"]
    assert misfits({"a": None}, [definition]) == []


@given(st.dictionaries(st.text(st.characters(codec=None, categories=None), max_size=80), ATTRIBUTES.map(str)))
def test_attribute_names_are_usable_or_refused(attributes: dict[str, Any]) -> None:
    try:
        clean = tidy(attributes)
    except ValueError as error:
        str(error).encode("utf-8")
        return
    assert all(name and "." not in name and "$" not in name and len(name) <= 64 for name in clean)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 2**60, "x" * 2001, ("x",) * 51])
def test_values_that_cannot_be_kept_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="city"):
        tidy({"city": value})


def test_a_change_names_what_differs_so_that_who_needs_none_of_it_leaves_it_alone() -> None:
    spoken = detected(ana(), "es", NOW)
    assert changed_event(ana(), spoken, ()).changed == ("language",)
    assert not changed_event(ana(), spoken, ()).touches("name", "groups")
    promoted = edited(spoken, NOW, vip=True)
    assert changed_event(spoken, promoted, ()).touches("name", "groups")
