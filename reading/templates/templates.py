"""Report templates in versions: those that a person may use, and new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import door
from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import Invalid, NotThere
from reading.row_rules import taken_as, valid_at
from reading.rules import case_facts
from reading.tables import report_template
from reading.templates.document import Document, read_document
from reading.templates.matching import FITS, Examined, fitness
from reading.templates.owners import REGION, may_change, owners_of
from reading.templates.shipped_templates import shipped
from reading.texts import checked
from reading.viewers import Staff
from storage.ids import new_id


@dataclass(frozen=True, kw_only=True)
class Template:
    """One version of a template; it never changes."""

    id: str
    owner: str
    """An organisation's or a person's id; empty for the region's."""
    key: str
    version: int
    document: Document


_READ: Final[dict[str, Template]] = {}
_MOST_KEPT: Final = 500


@dataclass(frozen=True, kw_only=True)
class Offer:
    template: Template
    fits: bool
    """Whether it is meant for the examination; the others are offered behind."""


def offers(ctx: Context[Staff], case_id: str) -> list[Offer]:
    """The templates for a case, the best first; a nearer owner's goes before the region's of the same key.

    Raises:
        NotThere: no such case, or not one that they may see.

    """
    case = door.open_case(ctx, case_id, Action.CASE_OPEN)
    _install(ctx.tx, ctx.now)
    facts = case_facts.facts_of(ctx.tx, [case], escalated=frozenset())[case.id]
    examined = Examined(modality=case.modality, body_part=case.body_part, sex=facts.sex, age_years=facts.age_years)
    found = [
        (score, one)
        for one in _usable(ctx.tx, ctx.who, ctx.now)
        if (score := fitness(one.document.scope, examined)) is not None
    ]
    found.sort(key=lambda pair: (-pair[0], pair[1].key))
    return [Offer(template=one, fits=score >= FITS) for score, one in found]


@without_door("A template says nothing of a person.")
def usable(ctx: Context[Staff], template_id: str) -> Template:
    """A template that they may use, in the version that they have begun with.

    Raises:
        NotThere: no such template, or not one of theirs.

    """
    found = by_id(ctx.tx, template_id)
    if found is None or found.owner not in owners_of(ctx.tx, ctx.who):
        raise NotThere
    return found


def by_id(tx: Connection, template_id: str) -> Template | None:
    row = tx.execute(sa.select(report_template).where(report_template.c.id == template_id)).one_or_none()
    return None if row is None else _template(row)


@without_door("A template says nothing of a person.")
def add(ctx: Context[Staff] | Context[Actor], key: str, document: Mapping[str, Any], *, owner: str) -> Template:
    """The next version of a template; it ends the one before.

    Raises:
        NotAllowed: they do not manage the owner's quality.
        Invalid: the document has an error, with its path.

    """
    may_change(ctx, owner)
    name = checked("key", key, longest=60, required=True)
    read_document(document)
    last = ctx.tx.scalar(
        sa.select(sa.func.max(report_template.c.version)).where(
            report_template.c.owner == owner, report_template.c.key == name
        )
    )
    by = ctx.who.person_id if isinstance(ctx.who, Staff) else None
    made = _add(ctx.tx, owner, name, (last or 0) + 1, dict(document), made_by=by, now=ctx.now)
    ctx.record(action=Action.TEMPLATE_ADD, subject_kind="template", subject_id=made.id)
    return made


@without_door("A template says nothing of a person.")
def end(ctx: Context[Staff] | Context[Actor], template_id: str) -> Template:
    """Take a template out of use; reports that were written with it keep their values.

    Raises:
        NotThere: no such template.
        NotAllowed: they do not manage the owner's quality.

    """
    found = by_id(ctx.tx, template_id)
    if found is None:
        raise NotThere
    may_change(ctx, found.owner)
    _end(ctx.tx, found.owner, found.key, ctx.now)
    ctx.record(action=Action.TEMPLATE_END, subject_kind="template", subject_id=found.id)
    return found


def list_of(tx: Connection, now: datetime) -> list[Template]:
    """Every template in use."""
    _install(tx, now)
    rows = tx.execute(
        sa.select(report_template)
        .where(valid_at(report_template, now))
        .order_by(report_template.c.owner, report_template.c.key)
    )
    return [_template(row) for row in rows]


def _usable(tx: Connection, staff: Staff, now: datetime) -> Sequence[Template]:
    order = {owner: place for place, owner in enumerate(owners_of(tx, staff))}
    rows = tx.execute(
        sa.select(report_template).where(report_template.c.owner.in_(order), valid_at(report_template, now))
    )
    nearest: dict[str, Template] = {}
    for one in sorted(map(_template, rows), key=lambda each: order[each.owner]):
        nearest[one.key] = one
    return list(nearest.values())


def _install(tx: Connection, now: datetime) -> None:
    """The shipped templates that are not there yet, as the region's; a region's own newer version stays."""
    rows = tx.execute(
        sa.select(report_template.c.key, sa.func.max(report_template.c.version).label("version"))
        .where(report_template.c.owner == REGION)
        .group_by(report_template.c.key)
    )
    there = {row.key: row.version for row in rows}
    for one in shipped():
        if there.get(one.key, 0) < one.version:
            try:
                _add(tx, REGION, one.key, one.version, one.document, made_by=None, now=now)
            except Invalid:
                continue  # another process installed it at the same time


def _add(
    tx: Connection, owner: str, key: str, version: int, document: dict[str, Any], *, made_by: str | None, now: datetime
) -> Template:
    made = new_id()
    with taken_as(tx, "version"):
        tx.execute(
            sa.insert(report_template),
            {
                "id": made,
                "owner": owner,
                "key": key,
                "version": version,
                "document": document,
                "since": now,
                "made_by": made_by,
            },
        )
    _end(tx, owner, key, now, but=made)
    return Template(id=made, owner=owner, key=key, version=version, document=read_document(document))


def _end(tx: Connection, owner: str, key: str, now: datetime, *, but: str = "") -> None:
    table = report_template.c
    tx.execute(
        sa.update(report_template)
        .where(table.owner == owner, table.key == key, table.id != but, table.until.is_(None))
        .values(until=now)
    )


def _template(row: sa.Row[Any]) -> Template:
    """A version never changes, so each is read once by a process."""
    kept = _READ.get(row.id)
    if kept is None:
        if len(_READ) >= _MOST_KEPT:
            _READ.clear()
        document = read_document(row.document)
        kept = Template(id=row.id, owner=row.owner, key=row.key, version=row.version, document=document)
        _READ[row.id] = kept
    return kept
