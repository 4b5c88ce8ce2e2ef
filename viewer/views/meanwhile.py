"""What happened to a case while somebody filled in a form about it: the latest moves, corrections and image steps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from sqlalchemy.engine import Connection

from reading.context import Context
from reading.desk import case_moves
from reading.desk.entries import Entry
from reading.errors import Invalid
from reading.intake import surgery_record
from reading.patients import attribution
from reading.register import people
from reading.viewers import Staff
from viewer.words import words
from viewer.words.catalogue import Language, text

LATEST: Final = 3
"""Changes that are named: the page has been open for minutes, not for days."""


@dataclass(frozen=True, kw_only=True)
class Change:
    at: str
    what: str
    who: str
    why: str


def changes(ctx: Context[Staff], entry: Entry, zone: str, language: Language) -> Sequence[Change]:
    """The latest changes of a case that the caller has opened, the newest first."""
    tx = ctx.tx
    found: list[tuple[datetime, str, str, str]] = [
        (move.at, text(language, f"move.{move.move}"), move.person_name or "", move.why)
        for move in case_moves.told(ctx, entry.case)
    ]
    for study in entry.studies:
        for made in attribution.history(tx, study.study_uid):
            changed = ", ".join(words.coded(language, "attribute", one) for one in made.previous or made.attributes)
            what = f"{text(language, 'meanwhile.corrected')} {changed}".strip()
            found.append((made.made_at, what, _name(tx, made.made_by), words.coded(language, "reason", made.reason)))
    for step in surgery_record.of_case(tx, entry.case.id):
        here = "" if step.case_id == entry.case.id else "-here"
        what = text(language, f"images.step-{step.kind}{here}", n=step.instances)
        found.append((step.made_at, what, step.made_by, step.reason))
    newest = sorted(found, key=lambda one: one[0], reverse=True)[:LATEST]
    return [Change(at=words.moment(at, zone), what=what, who=who, why=why) for at, what, who, why in newest]


def as_shown(encoded: str) -> dict[str, str]:
    """The fields as the form showed them before anything was typed, out of its hidden field; empty for none.

    Raises:
        Invalid: it is not what a form of ours carries.

    """
    try:
        shown = json.loads(encoded or "{}")
    except ValueError as nonsense:
        raise Invalid("was", "form") from nonsense
    if not isinstance(shown, dict) or not all(isinstance(value, str) for value in shown.values()):  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        raise Invalid("was", "form")
    return cast("dict[str, str]", shown)


def changed(was: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """What the person changed of what the form showed them; everything where it is not known what that was."""
    return {field: value for field, value in typed.items() if was.get(field) != value}


def _name(tx: Connection, person_id: str | None) -> str:
    person = people.by_id(tx, person_id) if person_id else None
    return person.name if person else ""
