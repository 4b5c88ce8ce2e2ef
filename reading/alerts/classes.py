"""What a region or an organisation says of the classes of results: dated rows over the shipped list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from reading.actions import Action
from reading.alerts import class_list
from reading.alerts.class_list import LONGEST_MINUTES, SHIPPED, ResultClass, When
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed, NotThere, Stale
from reading.kinds import Priority, Role
from reading.register import organisations
from reading.register.grants import manages_at_the_top, may_act
from reading.row_rules import valid_at
from reading.tables import critical_class
from reading.texts import checked
from reading.viewers import Staff
from storage.database import once
from storage.ids import new_id

CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,39}")
_LONGEST_TERMS: Final = {"modalities": 60, "body_parts": 200}
_TERM: Final = re.compile(r"[A-Z0-9_]{1,16}")


@dataclass(frozen=True, kw_only=True)
class SaidClass:
    """A row: what is said of a class, since when and by whom."""

    id: str
    said: ResultClass
    since: datetime
    organisation_code: str
    """Empty: for everybody."""


def in_force(tx: Connection, site_id: str | None, now: datetime) -> Mapping[str, ResultClass]:
    """The list for a site by code; for None the one of everybody."""
    line = [] if site_id is None else [site_id, *organisations.above(tx, site_id)]
    theirs = critical_class.c.organisation_id.is_(None) | critical_class.c.organisation_id.in_(line)
    rows = tx.execute(sa.select(critical_class).where(theirs, valid_at(critical_class, now)))
    return class_list.in_force([_from_row(row) for row in rows], line)


def chosen(tx: Connection, site_id: str, code: str, now: datetime) -> ResultClass:
    """The class of the site's list that a reader or a report names.

    Raises:
        Invalid: the list has no such class.

    """
    found = in_force(tx, site_id, now).get(code)
    if found is None or found.when is not When.FLAG:
        raise Invalid("critical_class", "unknown")
    return found


def named(tx: Connection, code: str, site_id: str) -> ResultClass:
    """A class by its name at a site, in its list or not: what was told keeps it. An unknown code is its own name."""
    return once(tx, ("class", code, site_id), lambda: _named(tx, code, site_id))


def _named(tx: Connection, code: str, site_id: str) -> ResultClass:
    line = [site_id, *organisations.above(tx, site_id)]
    theirs = critical_class.c.organisation_id.is_(None) | critical_class.c.organisation_id.in_(line)
    newest = (critical_class.c.since.desc(), critical_class.c.id.desc())
    said = tx.execute(sa.select(critical_class).where(critical_class.c.code == code, theirs).order_by(*newest)).all()
    if said:
        near = [*line, None]
        return _from_row(min(said, key=lambda row: near.index(row.organisation_id)))
    shipped = next((one for one in SHIPPED if one.code == code), None)
    return shipped or ResultClass(code=code, name_zh=code, name_en=code)


def rows(tx: Connection, now: datetime) -> list[SaidClass]:
    """What is said now, by code; the shipped list is not among it."""
    codes = {one.id: one.code for one in organisations.list_all(tx)}
    found = tx.execute(
        sa.select(critical_class)
        .where(valid_at(critical_class, now))
        .order_by(critical_class.c.code, critical_class.c.since)
    )
    return [
        SaidClass(
            id=row.id,
            said=_from_row(row),
            since=row.since,
            organisation_code=codes.get(row.organisation_id, ""),
        )
        for row in found
    ]


@without_door("It asks for a right; nothing of a patient is in the answer.")
def may_say(ctx: Context[Staff | Actor], organisation_id: str | None) -> bool:
    """Whether they say what the list of an organisation is: they manage its quality, for everybody that of the top."""
    if not isinstance(ctx.who, Staff):
        return True
    if organisation_id is None:
        return manages_at_the_top(ctx.tx, ctx.who) is not None
    return may_act(ctx.tx, ctx.who, Role.QUALITY_MANAGER, organisation_id, ctx.now) is not None


@without_door("The list of classes; nothing of a patient is in it.")
def add(
    ctx: Context[Staff | Actor],
    code: str,
    *,
    organisation_code: str = "",
    minutes: int,
    disposal_minutes: int | None = None,
    name_zh: str = "",
    name_en: str = "",
    when: When | None = None,
    modalities: str | None = None,
    body_parts: str | None = None,
    priority: str | None = None,
) -> ResultClass:
    """Add a class, or say something else of one; what is not given stays as it stands there.

    Raises:
        NotThere: no such organisation, or it has ended.
        NotAllowed: they do not manage the quality of the organisation, or of the top for everybody's list.
        Stale: somebody says something of the class there at the same time.
        Invalid: a code, a name, minutes or a term of another form; a new class without its two names.

    """
    organisation_id = _organisation(ctx, organisation_code)
    if not CODE.fullmatch(code):
        raise Invalid("code", "characters")
    before = in_force(ctx.tx, organisation_id, ctx.now).get(code)
    was = before or ResultClass(code=code)
    if before is None and not (name_zh.strip() and name_en.strip()):
        raise Invalid("class_name", "empty")
    said = ResultClass(
        code=code,
        organisation_id=organisation_id,
        minutes=_minutes("minutes", minutes),
        disposal_minutes=_minutes("disposal_minutes", disposal_minutes or was.disposal_minutes),
        when=when or was.when,
        modalities=was.modalities if modalities is None else _terms("modalities", modalities),
        body_parts=was.body_parts if body_parts is None else _terms("body_parts", body_parts),
        priority=was.priority if priority is None else _priority(priority),
        name_zh=checked("name_zh", name_zh, longest=60) or was.name_zh,
        name_en=checked("name_en", name_en, longest=60) or was.name_en,
    )
    _write(ctx, said)
    return said


@without_door("The list of classes; nothing of a patient is in it.")
def end(ctx: Context[Staff | Actor], code: str, *, organisation_code: str = "") -> None:
    """Take back what an organisation says of a class; where nothing is said there, take the class out of its list.

    Alerts that stand go on as they were raised.

    Raises:
        NotThere: no such organisation, or its list has no such class.
        NotAllowed: as `add`.

    """
    organisation_id = _organisation(ctx, organisation_code)
    if not CODE.fullmatch(code):
        raise NotThere("class", code)
    standing = in_force(ctx.tx, organisation_id, ctx.now).get(code)
    own = _end_own(ctx, code, organisation_id)
    inherited = in_force(ctx.tx, organisation_id, ctx.now).get(code)
    if standing is None and not own:
        raise NotThere("class", code)
    if inherited is not None and (organisation_id is None or not own):
        _write(ctx, replace(inherited, organisation_id=organisation_id, listed=False))
    else:
        _record(ctx, code, organisation_id)


def _end_own(ctx: Context[Staff | Actor], code: str, organisation_id: str | None) -> bool:
    row = critical_class.c
    where = row.organisation_id.is_(None) if organisation_id is None else row.organisation_id == organisation_id
    ended = ctx.tx.execute(
        sa.update(critical_class)
        .where(row.code == code, where, valid_at(critical_class, ctx.now))
        .values(until=ctx.now)
    )
    return ended.rowcount > 0


def _write(ctx: Context[Staff | Actor], said: ResultClass) -> None:
    _end_own(ctx, said.code, said.organisation_id)
    _insert(
        ctx.tx,
        {
            "id": new_id(),
            "code": said.code,
            "organisation_id": said.organisation_id,
            "name_zh": said.name_zh,
            "name_en": said.name_en,
            "minutes": said.minutes,
            "disposal_minutes": said.disposal_minutes,
            "when": said.when,
            "modalities": ",".join(said.modalities),
            "body_parts": ",".join(said.body_parts),
            "priority": said.priority,
            "listed": said.listed,
            "since": ctx.now,
            "made_by": ctx.who.person_id if isinstance(ctx.who, Staff) else None,
        },
    )
    _record(ctx, said.code, said.organisation_id)


def _insert(tx: Connection, row: Mapping[str, Any]) -> None:
    try:
        with tx.begin_nested():
            tx.execute(sa.insert(critical_class), row)
    except IntegrityError as said_at_once:
        raise Stale from said_at_once


def _record(ctx: Context[Staff | Actor], code: str, organisation_id: str | None) -> None:
    ctx.record(
        action=Action.CRITICAL_CLASS,
        subject_kind="organisation",
        subject_id=organisation_id or "",
        details={"class": code},
    )


def _organisation(ctx: Context[Staff | Actor], code: str) -> str | None:
    organisation_id = organisations.in_force(ctx.tx, code).id if code else None
    if not may_say(ctx, organisation_id):
        raise NotAllowed("not_their_quality")
    return organisation_id


def _minutes(field: str, value: int) -> int:
    if not 1 <= value <= LONGEST_MINUTES:
        raise Invalid(field, "minutes_range")
    return value


def _terms(field: str, text: str) -> tuple[str, ...]:
    terms = tuple(dict.fromkeys(term for term in re.split(r"[,;\s，、]+", text.upper()) if term))
    if any(not _TERM.fullmatch(term) for term in terms):
        raise Invalid(field, "characters")
    if len(",".join(terms)) > _LONGEST_TERMS[field]:
        raise Invalid(field, "length")
    return terms


def _priority(value: str) -> str:
    if value and value not in set(Priority):
        raise Invalid("priority", "unknown")
    return value


def _from_row(row: sa.Row[Any]) -> ResultClass:
    return ResultClass(
        code=row.code,
        minutes=row.minutes,
        disposal_minutes=row.disposal_minutes,
        when=When(row.when),
        modalities=tuple(filter(None, row.modalities.split(","))),
        body_parts=tuple(filter(None, row.body_parts.split(","))),
        priority=row.priority,
        name_zh=row.name_zh,
        name_en=row.name_en,
        listed=row.listed,
        organisation_id=row.organisation_id,
    )
