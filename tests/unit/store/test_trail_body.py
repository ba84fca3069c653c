"""What the trail keeps of an event: never words, names or addresses."""

from __future__ import annotations

from shared.store import trail_body


def test_snapshots_are_left_out_however_deep_and_ids_stay() -> None:
    body = {
        "conversation": {"id": "c", "contact_name": "Ann"},
        "message": {"text": "secret"},
        "contact": None,
        "changes": [{"fact": "message_added", "message": "m1"}, {"fact": "x", "message": {"text": "secret"}}],
        "queued": {"message": {"text": "secret"}, "thread": {"address": "+34"}, "proactive": False},
        "message_id": "m1",
    }
    assert trail_body("t", body) == {
        "contact": None,
        "changes": [{"fact": "message_added", "message": "m1"}, {"fact": "x"}],
        "queued": {"proactive": False},
        "message_id": "m1",
    }
