"""People as the office shows them: a line of the list, and one person with every role."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reading.administrators.account_list import Account
from reading.register.organisations import TIME_ZONE, Organisation
from reading.viewers import RoleGrant
from viewer.views.organisations import day, last_day
from viewer.words import words
from viewer.words.catalogue import Language, text


def line(one: Account, places: Mapping[str, Organisation], language: Language, now: datetime) -> dict[str, Any]:
    zone = _zone(one, places)
    return {
        "id": one.person.id,
        "name": one.person.name,
        "username": one.person.username,
        "title": one.person.title,
        "revision": one.person.revision,
        "roles": [grant_line(each, places, language, now) for each in one.grants],
        "sessions": one.sessions,
        "failures": one.failures,
        "waits_until": words.moment_today(one.waits_until, zone, now) if one.waits_until else "",
        "first_password": one.person.must_change_password,
        "since": day(one.person.since, zone),
        "ended": "" if one.person.until is None else day(one.person.until, zone),
    }


def grant_line(one: RoleGrant, places: Mapping[str, Organisation], language: Language, now: datetime) -> dict[str, Any]:
    where = places[one.organisation_id]
    is_over = one.until is not None and one.until <= now
    return {
        "id": one.id,
        "role": text(language, f"role.{one.role}"),
        "place": where.name,
        "place_id": where.id,
        "since": day(one.since, where.time_zone),
        "until": "" if one.until is None else last_day(one.until, where.time_zone),
        "over": is_over,
        "later": one.since > now and not is_over,
    }


def _zone(one: Account, places: Mapping[str, Organisation]) -> str:
    return places[one.grants[0].organisation_id].time_zone if one.grants else TIME_ZONE
