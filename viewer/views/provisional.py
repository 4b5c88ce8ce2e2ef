"""Provisional notes in words, as the site wrote them while its line was cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reading.cases.cases import Case
from reading.context import Context
from reading.provisional import notes
from reading.provisional.notes import Note
from reading.viewers import Staff
from viewer.words import words


def of_case(ctx: Context[Staff], case: Case, zone: str) -> Sequence[dict[str, Any]]:
    """Those of a case that the caller has opened, the oldest first."""
    return [line(one, zone) for one in notes.of_case(ctx, case.id)]


def line(one: Note, zone: str) -> dict[str, Any]:
    said = one.written
    return {
        "id": one.id,
        "site": one.site_id,
        "revision": one.revision,
        "person": " · ".join(part for part in (said.patient_name, said.facts, said.number) if part),
        "examination": said.examination,
        "words": said.words,
        "doctor": said.doctor,
        "uploaded_by": one.uploaded_by,
        "at": words.moment(said.written_at, zone),
    }
