"""A search over the final reports that somebody may see, the newest first: looked up without writing, then opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from reading.access import door, looks, visibility
from reading.access.report_seals import checked
from reading.actions import Action
from reading.context import Context, without_door
from reading.errors import Invalid
from reading.register.grants import reach
from reading.reports import versions
from reading.reports.versions import ReportVersion, Status
from reading.search.categories import codes_from
from reading.search.grams import sought_grams, sought_words
from reading.tables import (
    case,
    organisation,
    person,
    report_search,
    report_search_code,
    report_search_person,
    report_version,
)
from reading.texts import storable
from reading.viewers import Staff

_DIGITAL: Final = ("DR", "DX")
"""One kind of examination: the standard's term and the one that many devices send."""
MOST_NEW: Final = 99
"""Further new reports of a saved search are not counted."""
LOOKED_THROUGH: Final = 2000
"""New reports among which those of a saved search are counted."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """What is sought; what is left out restricts nothing."""

    text: str = ""
    """Words of findings, impression or recommendation, parted by spaces; each has to occur."""
    modality: str = ""
    body_part: str = ""
    site: str = ""
    """Its code."""
    positive: bool | None = None
    critical: bool | None = None
    """Whether a critical class is named."""
    category: str = ""
    """The beginning of a category: BI-RADS 4 finds 4A, too."""
    signer: str = ""
    """The name of somebody who signed it."""
    since: datetime | None = None
    until: datetime | None = None
    """Released from ``since`` (included) to ``until`` (excluded)."""

    def to_json(self) -> dict[str, Any]:
        said = asdict(self)
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in said.items()
            if value not in ("", None)
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Query:
        """What `to_json` wrote."""
        times = {name: datetime.fromisoformat(value[name]) for name in ("since", "until") if name in value}
        said: dict[str, Any] = {**value, **times}
        return cls(**said)


@dataclass(frozen=True, kw_only=True)
class Hits:
    """The versions of a page by their ids, not yet opened."""

    version_ids: tuple[str, ...]
    more: bool
    """Whether there are further ones."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page of the reports that were found."""

    versions: tuple[ReportVersion, ...]
    more: bool
    """Whether there are further ones."""


@without_door("It finds ids and shows nothing; `shown` opens what they stand for.")
def look_up(ctx: Context[Staff], query: Query, *, limit: int, offset: int = 0) -> Hits:
    """The reports for which every part of a query holds, as far as they may be seen.

    It writes nothing, because it may take long: where there is one writer, nobody waits for a search.

    Raises:
        Invalid: a part of it is too long or holds characters that no report has.

    """
    newest = (report_search.c.released_at.desc(), report_search.c.case_id.desc())
    asked = _asked(ctx.tx, ctx.who, query, ctx.now).order_by(*newest).limit(limit + 1).offset(offset)
    ids = ctx.tx.scalars(asked.with_only_columns(report_version.c.id)).all()
    return Hits(version_ids=tuple(ids[:limit]), more=len(ids) > limit)


def shown(ctx: Context[Staff], hits: Hits) -> Found:
    """Open what was looked up, as far as it may still be seen; the search and each look are on record."""
    door.open_list(ctx, Action.REPORT_SEARCH)
    rows = ctx.tx.execute(
        sa.select(report_version)
        .join(case, case.c.id == report_version.c.case_id)
        .where(
            report_version.c.id.in_(hits.version_ids),
            report_version.c.status == Status.FINAL,
            visibility.visible_versions(ctx.tx, ctx.who, ctx.now),
        )
    )
    place = {version_id: place for place, version_id in enumerate(hits.version_ids)}
    found = checked(ctx, sorted(map(versions.from_row, rows), key=lambda one: place[one.id]))
    looks.record_looks(ctx, Action.REPORT_FOUND, "report", [one.id for one in found])
    return Found(versions=tuple(found), more=hits.more)


def check(tx: Connection, query: Query) -> None:
    """Make sure that a query can be asked.

    Raises:
        Invalid: a part of it is too long or holds characters that no report has.

    """
    list(_conditions(tx, query))
    list(_of_the_case(query))


def count_since(tx: Connection, staff: Staff, query: Query, since: datetime, now: datetime) -> int:
    """How many reports a query finds that were released after ``since``, up to `MOST_NEW`.

    It looks through the newest `LOOKED_THROUGH` alone: rare words are sought in every report there is.
    """
    row = report_search.c
    recent = (
        sa.select(row.case_id)
        .where(row.released_at > since, row.site_id.in_(reach(tx, staff, now).sites))
        .order_by(row.released_at.desc())
        .limit(LOOKED_THROUGH)
        .subquery()
    )
    newer = _asked(tx, staff, query, now).where(row.case_id.in_(sa.select(recent.c.case_id)))
    ids = newer.with_only_columns(report_search.c.case_id).limit(MOST_NEW).subquery()
    return tx.scalar(sa.select(sa.func.count()).select_from(ids)) or 0


def _asked(tx: Connection, staff: Staff, query: Query, now: datetime) -> sa.Select[Any]:
    # Asked for each row apart: a database that joined the cases first would gather and sort all that somebody may see,
    # instead of walking from the newest report on until the page is full.
    seen = (
        sa.select(sa.literal(1))
        .select_from(report_version)
        .join(case, case.c.id == report_version.c.case_id)
        .where(
            report_version.c.id == report_search.c.version_id,
            report_version.c.status == Status.FINAL,
            visibility.visible_versions(tx, staff, now),
            *_of_the_case(query),
        )
        .correlate(report_search)
        .exists()
    )
    # The sites stand in the row as well, so that an index of it leads to them; SQLite sorts less where none does.
    site_id = report_search.c.site_id
    at_site = site_id if tx.dialect.name == "postgresql" else sa.func.coalesce(site_id, "")
    return (
        sa.select(report_version)
        .select_from(report_search)
        .join(report_version, report_version.c.id == report_search.c.version_id)
        .where(at_site.in_(reach(tx, staff, now).sites), *_conditions(tx, query), seen)
    )


def _of_the_case(query: Query) -> Iterator[sa.ColumnElement[bool]]:
    if query.modality:
        modality = _checked("modality", query.modality)
        yield case.c.modality.in_(_DIGITAL if modality in _DIGITAL else (modality,))
    if query.body_part:
        yield case.c.body_part == _checked("body_part", query.body_part)


def _conditions(tx: Connection, query: Query) -> Iterator[sa.ColumnElement[bool]]:
    row = report_search.c
    words = sought_words(query.text)
    if words and tx.dialect.name == "postgresql":
        numbers = sorted({number for word in words for number in sought_grams(word)})
        yield sa.type_coerce(row.grams, postgresql.ARRAY(sa.Integer)).contains(numbers)
    for word in words:
        yield row.words.contains(word, autoescape=True)
    if query.site:
        named = sa.select(organisation.c.id).where(organisation.c.code == _checked("site", query.site))
        yield row.site_id.in_(named)
    if query.positive is not None:
        yield row.positive.is_(query.positive)
    if query.critical is not None:
        yield (row.critical_class != "") if query.critical else (row.critical_class == "")
    if query.category:
        code = report_search_code.c
        yield row.case_id.in_(
            sa.select(code.case_id).where(code.code.in_(codes_from(_checked("category", query.category))))
        )
    if query.signer:
        signed = sa.select(report_search_person.c.case_id).join(person, person.c.id == report_search_person.c.person_id)
        yield row.case_id.in_(signed.where(person.c.name == _checked("signer", query.signer)))
    if query.since is not None and query.until is not None and query.until <= query.since:
        raise Invalid("until", "last_before_first")
    if query.since is not None:
        yield row.released_at >= query.since
    if query.until is not None:
        yield row.released_at < query.until


def _checked(field: str, value: str) -> str:
    if len(value) > 100:
        raise Invalid(field, "too_long")
    return storable(field, value.strip(), lines=False)
