"""Failed attempts to sign in and to name patients, as the security administrator is shown them."""

from __future__ import annotations

from typing import Any

from reading.sessions.failures import Overview


def failures_json(found: Overview) -> dict[str, Any]:
    """The first line counts all strangers; ``about`` is empty for them, for a card, and for a username of nobody's."""
    everybody = {
        "kind": "everybody",
        "about": "",
        "failures": found.within_an_hour,
        "since": None,
        "last_failed_at": None,
        "closed_until": None,
    }
    lines = [
        {
            "kind": one.kind,
            "about": one.about,
            "failures": one.failures,
            "since": one.since,
            "last_failed_at": one.last_failed_at,
            "closed_until": one.closed_until,
        }
        for one in found.counters
    ]
    return {"brake_is_on": found.brake_is_on, "failures": [everybody, *lines]}
