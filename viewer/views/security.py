"""Failed attempts and second factors, as administrators are shown them."""

from __future__ import annotations

from typing import Any

from reading.administrators.second_factors import FactorsOf
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


def factors_json(one: FactorsOf) -> dict[str, Any]:
    """``reset``: empty, ``asked`` where another administrator has to confirm it, ``slip`` where one was handed over."""
    return {
        "username": one.person.username,
        "name": one.person.name,
        "factors": list(one.kinds),
        "recovery_codes": one.recovery_codes,
        "required_by_role": one.by_role,
        "required_by_name": one.by_name,
        "reset": "" if one.reset is None else "slip" if one.reset.has_slip else "asked",
    }
