"""What has become of what an entry was made of: report and facts as they were entered, and as they stand now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from reading.context import Context
from reading.patients.keys import Keys
from reading.reports import versions
from reading.reports.versions import ReportVersion
from reading.tables import teaching_picture
from reading.teaching import entries
from reading.teaching.entries import Source
from reading.teaching.identity_words import masked
from reading.viewers import Staff

_FACTS: Final = ("modality", "body_part", "laterality", "age_from", "sex")
_PICTURE: Final = teaching_picture.c


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A field of the report, or a fact, that is another one now."""

    name: str
    before: Any = field(repr=False)
    now: Any = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class SinceThen:
    differences: tuple[Difference, ...]
    gone: tuple[int, ...]
    """The numbers of pictures that are no pictures of the case any more."""


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    """The fields of the one in which the other differs, in its order."""
    return (Difference(name=name, before=value, now=now[name]) for name, value in before.items() if value != now[name])


def of_entry(ctx: Context[Staff], keys: Keys, entry_id: str) -> SinceThen:
    """What is otherwise by now, for who keeps an entry and sees its case; the person's words are masked.

    Raises:
        NotThere, NotAllowed, MoveNotAllowed: as `entries.source` and `entries.kept_by`.

    """
    row = entries.kept_by(ctx, entry_id)
    made_of = entries.source(ctx, keys, row.case_id)
    entered = versions.by_id(ctx.tx, row.version_id)
    facts = entries.facts_of(ctx.tx, made_of)
    before = _said(entered, made_of) | {name: getattr(row, name) for name in _FACTS}
    now = _said(made_of.version, made_of) | {name: facts[name] for name in _FACTS}
    theirs = ctx.tx.execute(
        sa.select(_PICTURE.number, _PICTURE.sop_instance_uid)
        .where(_PICTURE.entry_id == entry_id)
        .order_by(_PICTURE.number)
    ).all()
    there = entries.frames_of(ctx.tx, row.case_id, {one.sop_instance_uid for one in theirs})
    return SinceThen(
        differences=tuple(differences(before, now)),
        gone=tuple(one.number for one in theirs if one.sop_instance_uid not in there),
    )


def _said(version: ReportVersion, made_of: Source) -> dict[str, Any]:
    return {name: masked(getattr(version.content, name), made_of.known) for name in ("findings", "impression")}
