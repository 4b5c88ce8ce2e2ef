"""The JSON of the API for who is signed in: their grants, and the ways that they have through the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reading.register.organisations import Organisation
from reading.viewers import Staff
from viewer.http.office import Dictation
from viewer.shell.frame import Frame


def session(
    staff: Staff, organisations: Mapping[str, Organisation], frame: Frame, dictation: Dictation | None
) -> dict[str, Any]:
    assert staff.session is not None  # noqa: S101 -- whoever asks came with one
    return {
        "person": {"id": staff.person_id, "username": staff.username, "name": staff.name, "title": staff.title},
        "grants": [
            {
                "id": grant.id,
                "role": grant.role,
                "organisation": {
                    "code": organisations[grant.organisation_id].code,
                    "name": organisations[grant.organisation_id].name,
                    "level": organisations[grant.organisation_id].level,
                },
            }
            for grant in staff.grants
        ],
        "csrf_token": staff.session.csrf_token,
        "must_change_password": staff.session.must_change_password,
        "dictation": None if dictation is None else {"format": dictation.recorded_as},
        "rail": {
            "home": frame.home,
            "places": frame.places,
            "opens_in_emergency": frame.opens_in_emergency,
            "search": frame.search and {"address": frame.search.address, "word": frame.search.word},
            "groups": [
                {
                    "group": group,
                    "ways": [
                        {"address": way.address, "word": way.word, "waits": way.waits, "alarm": way.alarm}
                        for way in ways
                    ],
                }
                for group, ways in frame.groups
            ],
        },
    }
