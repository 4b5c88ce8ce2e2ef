"""Skills: the modalities, body parts and subspecialties that somebody reads, which rules may ask for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotThere
from reading.roster import rights
from reading.row_rules import open_at, taken_as, valid_at
from reading.rules.staffing import SEPARATOR, folded
from reading.tables import person, person_skill
from reading.texts import checked, storable
from reading.viewers import Staff
from storage.ids import new_id


class SkillKind(StrEnum):
    """What a skill is about."""

    MODALITY = "modality"
    BODY_PART = "body_part"
    SUBSPECIALTY = "subspecialty"


@dataclass(frozen=True, kw_only=True)
class Skill:
    id: str
    person_id: str
    username: str = field(repr=False)
    name: str = field(repr=False)
    kind: SkillKind
    code: str
    since: datetime


@without_door("Skills of staff; nothing of a patient is in them.")
def add(ctx: Context[Staff | Actor], *, username: str, kind: SkillKind, code: str) -> Skill:
    """Say that somebody has a skill from now on.

    Raises:
        NotThere: no such person on a roster that they keep.
        NotAllowed: they keep no roster.
        Invalid: no code, one too long or with a comma, or the person has it already.

    """
    one = rights.person_kept(ctx, username)
    said = checked("skill", folded(code).replace(SEPARATOR, " "), longest=40, required=True)
    made = new_id()
    with taken_as(ctx.tx, "skill"):
        ctx.tx.execute(
            sa.insert(person_skill),
            {
                "id": made,
                "person_id": one.id,
                "kind": kind,
                "code": said,
                "since": ctx.now,
                "made_by": rights.author(ctx.who),
            },
        )
    _record(ctx, one.id, said)
    return _select(ctx.tx, person_skill.c.id == made)[0]


@without_door("Skills of staff; nothing of a patient is in them.")
def end(ctx: Context[Staff | Actor], skill_id: str) -> Skill:
    """Say that somebody has a skill no longer.

    Raises:
        NotThere: no such skill, or it has ended.
        NotAllowed: as `add`.

    """
    asked = person_skill.c.id == storable("skill_id", skill_id, lines=False)
    found = _select(ctx.tx, asked, open_at(person_skill, ctx.now))
    if not found:
        raise NotThere("skill", skill_id)
    one = found[0]
    rights.must_keep_person(ctx, one.person_id)
    ctx.tx.execute(sa.update(person_skill).where(asked).values(until=ctx.now, ended_by=rights.author(ctx.who)))
    _record(ctx, one.person_id, one.code)
    return one


def list_of(tx: Connection, person_ids: Collection[str] | None, now: datetime) -> list[Skill]:
    """The skills of people at a time, by name; ``person_ids`` None: of everybody."""
    theirs = sa.true() if person_ids is None else person_skill.c.person_id.in_(person_ids)
    return _select(tx, theirs, valid_at(person_skill, now))


def _record(ctx: Context[Staff | Actor], person_id: str, code: str) -> None:
    ctx.record(action=Action.ROSTER_SKILL, subject_kind="person", subject_id=person_id, details={"skill": code})


def _select(tx: Connection, *conditions: sa.ColumnElement[bool]) -> list[Skill]:
    rows = tx.execute(
        sa.select(person_skill, person.c.username, person.c.name)
        .join(person, person.c.id == person_skill.c.person_id)
        .where(*conditions)
        .order_by(person.c.name, person.c.id, person_skill.c.kind, person_skill.c.code)
    )
    return [
        Skill(
            id=row.id,
            person_id=row.person_id,
            username=row.username,
            name=row.name,
            kind=SkillKind(row.kind),
            code=row.code,
            since=row.since,
        )
        for row in rows
    ]
