"""What a person set for themselves at the desk, so that they find it at whichever machine they sit down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from reading.context import Context, without_door
from reading.errors import NotThere, Stale
from reading.register.setting_shapes import Setting, checked
from reading.tables import personal_setting
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class Kept:
    setting: Setting
    value: Any
    """JSON of the shape that `setting_shapes` gives it."""
    revision: int
    """1 when it was first set."""


@without_door("What somebody set for themselves is about no patient.")
def of_person(ctx: Context[Staff]) -> list[Kept]:
    """Their own settings, by name; those that they never changed are missing."""
    row = personal_setting
    rows = ctx.tx.execute(sa.select(row).where(row.c.person_id == ctx.who.person_id).order_by(row.c.name))
    return [Kept(setting=Setting(each.name), value=each.value, revision=each.revision) for each in rows]


@without_door("What somebody set for themselves is about no patient.")
def keep(ctx: Context[Staff], name: str, value: object, *, seen: int) -> Kept:
    """Set something for oneself; ``seen`` is its revision on the screen, 0 where it never was set.

    Raises:
        NotThere: there is no such setting.
        Invalid: the value has another shape, or is too large.
        Stale: it was changed elsewhere meanwhile.

    """
    if name not in set(Setting):
        raise NotThere
    setting = Setting(name)
    kept = Kept(setting=setting, value=checked(setting, value), revision=seen + 1)
    row = personal_setting
    said = {"value": kept.value, "revision": kept.revision, "changed_at": ctx.now}
    theirs = (row.c.person_id == ctx.who.person_id) & (row.c.name == setting)
    if seen > 0:
        changed = ctx.tx.execute(sa.update(row).where(theirs, row.c.revision == seen).values(said))
        if changed.rowcount != 1:
            raise Stale(None)
        return kept
    try:
        with ctx.tx.begin_nested():
            ctx.tx.execute(sa.insert(row), {"person_id": ctx.who.person_id, "name": setting, **said})
    except IntegrityError as there:
        raise Stale(None) from there
    return kept


def forget(tx: Connection, person_id: str) -> None:
    """Remove what a person set whose account ends."""
    tx.execute(sa.delete(personal_setting).where(personal_setting.c.person_id == person_id))
