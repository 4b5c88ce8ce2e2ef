"""Searches of the index: what a viewer may see, narrowed by what is asked (PS3.4 C.2.2.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.errors import StorageError
from storage.index.name_forms import folded, joined
from storage.index.scope import (
    ANY_SCOPE,
    RegisteredNames,
    Scope,
    everything_in_study,
    partly,
    series_columns,
    study_columns,
    values_of,
    visible,
    whole,
)
from storage.records import Instance, Part, Patient, Series, Shape, Study, columns_of, records_of


@dataclass(frozen=True)
class Exact:
    """Single value matching; without regard to case for person names (PS3.4 C.2.2.2.1)."""

    value: str


@dataclass(frozen=True)
class Wildcard:
    """``*`` stands for any characters, ``?`` for one (PS3.4 C.2.2.2.4)."""

    pattern: str


@dataclass(frozen=True)
class Range:
    """From ``low`` to ``high``, both included, either open; of dates or times as DICOM writes them (PS3.4 C.2.2.2.5).

    A shorter ``high`` includes all that begins with it: up to 10 is up to 10:59:59.
    """

    low: str | None
    high: str | None


@dataclass(frozen=True)
class UidList:
    """Any of these (PS3.4 C.2.2.2.2)."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class AnyOf:
    """Any of several codes or patterns of one attribute."""

    choices: tuple[Exact | Wildcard, ...]


Condition = Exact | Wildcard | Range | UidList | AnyOf
Match = Sequence[tuple[str, Condition]]
"""Pairs of a column name and its condition: columns of the level that is searched and of those above it; for
studies and series also ``modality``, ``series_uid``, ``sop_class_uid`` and ``sop_instance_uid`` of what is in them."""


class UnknownColumn(StorageError):
    """A search names a column that its level does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


_STUDY: Final = tables.study
_SERIES: Final = tables.series
_INSTANCE: Final = tables.instance

_BELOW: Final = {
    "modality": _SERIES,
    "series_uid": _SERIES,
    "sop_class_uid": _INSTANCE,
    "sop_instance_uid": _INSTANCE,
}
_INTEGER: Final = re.compile(r"-?[0-9]{1,9}", re.ASCII)
_UID: Final = "sop_instance_uid_asked"
_AFTER_ANY: Final = "99999999"
MANY: Final = 1_000_000
"""More than any study has."""
_SHOWN: Final = {
    _STUDY: _STUDY.c.instances > 0,
    _SERIES: _SERIES.c.instances > 0,
    _INSTANCE: _INSTANCE.c.hidden.is_(False),
}
"""The rows that a search finds at each level: those that are not hidden, or hold an instance that is not."""
_GLOB: Final = ({"*": "[*]", "?": "[?]", "[": "[[]"}, {"*": "*", "?": "?"})
_LIKE: Final = ({"%": r"\%", "_": r"\_", "\\": r"\\"}, {"*": "%", "?": "_"})
"""How each language quotes a character that it gives a meaning, and how it writes our two wildcards."""


def search_patients(
    tx: Connection, scope: Scope, match: Match, *, limit: int, after: tuple[str, str] | None = None
) -> list[Patient]:
    """Patients by id and issuer, without blank ids; ``after`` is the pair that came last."""
    who = (_STUDY.c.patient_id, _STUDY.c.issuer)
    asked = (
        sa.select(*who, sa.func.max(_STUDY.c.study_uid).label("study_uid"))
        .add_columns(sa.func.count().label("studies"), sa.func.sum(everything_in_study(scope)).label("instances"))
        .where(
            _STUDY.c.patient_id != "",
            _SHOWN[_STUDY],
            *visible(scope, _STUDY),
            *_conditions(tx, scope, (_STUDY,), "study_uid", match),
        )
        .group_by(*who)
        .order_by(*who)
    )
    if after is not None:
        asked = asked.where(sa.tuple_(*who) > sa.tuple_(*(sa.literal(one) for one in after)))
    return records_of(Patient, tx.execute(asked.limit(limit)))


def search_studies(
    tx: Connection, scope: Scope, match: Match, *, limit: int, offset: int = 0, after: tuple[str, str] | None = None
) -> list[Study]:
    """The newest first; ``after`` is date and UID of the one that came last."""
    order = (_STUDY.c.study_date, _STUDY.c.study_uid)
    asked = (
        sa.select(*study_columns(scope))
        .where(_SHOWN[_STUDY], *visible(scope, _STUDY), *_conditions(tx, scope, (_STUDY,), "study_uid", match))
        .order_by(*(column.desc() for column in order))
    )
    if after is not None:
        asked = asked.where(sa.tuple_(*order) < sa.tuple_(*(sa.literal(one) for one in after)))
    return _run(tx, Study, asked, limit, offset)


def search_series(tx: Connection, scope: Scope, match: Match, *, limit: int, offset: int = 0) -> list[Series]:
    """By study, then by series number."""
    asked = (
        sa.select(*series_columns(scope))
        .join_from(_SERIES, _STUDY)
        .where(
            _SHOWN[_SERIES],
            *visible(scope, _SERIES),
            *_conditions(tx, scope, (_SERIES, _STUDY), "series_uid", match),
        )
        .order_by(_SERIES.c.study_uid, _SERIES.c.series_number, _SERIES.c.series_uid)
    )
    return _run(tx, Series, asked, limit, offset)


def search_instances(tx: Connection, scope: Scope, match: Match, *, limit: int, offset: int = 0) -> list[Instance]:
    """By series, then by instance number."""
    return _run(tx, Instance, _instances(tx, scope, match, columns_of(Instance, _INSTANCE)), limit, offset)


def series_in(tx: Connection, scope: Scope, study_uid: str) -> list[Series]:
    """The series of a study that are seen, by their number."""
    return search_series(tx, scope, [("study_uid", UidList((study_uid,)))], limit=MANY)


def instances_in(tx: Connection, scope: Scope, study_uid: str, series_uid: str | None = None) -> list[Instance]:
    """The instances of a study, or of one series of it, that are seen; by series, then by instance number."""
    inside: list[tuple[str, Condition]] = [("study_uid", UidList((study_uid,)))]
    inside += [("series_uid", UidList((series_uid,)))] if series_uid is not None else []
    return search_instances(tx, scope, inside, limit=MANY)


def seen_instance(tx: Connection, scope: Scope, sop_instance_uid: str) -> Instance | None:
    """The instance, where it is seen. A picture is asked for a thousand times as often as a list."""
    if "\0" in sop_instance_uid:
        return None
    row = tx.execute(
        _seen(scope.lent, scope.shared, held=scope.held), {_UID: sop_instance_uid, **values_of(scope)}
    ).one_or_none()
    return None if row is None else records_of(Instance, [row])[0]


@lru_cache(maxsize=256)
def _seen(lent: sa.Select[tuple[str]] | None, shared: sa.Select[tuple[str]] | None, *, held: bool) -> sa.Select[Any]:
    """The statement for every scope with these studies, whose selects are the same objects for a second or longer."""
    scope = replace(ANY_SCOPE, lent=lent, shared=shared, held=held)
    return (
        sa.select(*columns_of(Instance, _INSTANCE))
        .join_from(_INSTANCE, _STUDY, _INSTANCE.c.study_uid == _STUDY.c.study_uid)
        .where(_INSTANCE.c.sop_instance_uid == sa.bindparam(_UID), _SHOWN[_INSTANCE], *visible(scope, _INSTANCE))
    )


def search_parts(tx: Connection, scope: Scope, match: Match, *, limit: int) -> list[Part]:
    """As `search_instances`, with only the fields that sending needs, sorted by study."""
    asked = _instances(tx, scope, match, columns_of(Part, _INSTANCE))
    ordered = asked.order_by(None).order_by(
        _INSTANCE.c.study_uid, _INSTANCE.c.series_uid, _INSTANCE.c.instance_number, _INSTANCE.c.sop_instance_uid
    )
    return records_of(Part, tx.execute(ordered.limit(limit)))


def _instances(
    tx: Connection, scope: Scope, match: Match, columns: Sequence[sa.ColumnElement[Any]]
) -> sa.Select[tuple[Any, ...]]:
    levels = (_INSTANCE, _SERIES, _STUDY)
    return (
        sa.select(*columns)
        .join_from(_INSTANCE, _STUDY, _INSTANCE.c.study_uid == _STUDY.c.study_uid)
        .join(_SERIES, _INSTANCE.c.series_uid == _SERIES.c.series_uid)
        .where(
            _SHOWN[_INSTANCE],
            *visible(scope, _INSTANCE),
            *_conditions(tx, scope, levels, "sop_instance_uid", match),
        )
        .order_by(_INSTANCE.c.series_uid, _INSTANCE.c.instance_number, _INSTANCE.c.sop_instance_uid)
    )


def _run(tx: Connection, shape: type[Shape], asked: sa.Select[Any], limit: int, offset: int) -> list[Shape]:
    return records_of(shape, tx.execute(asked.limit(limit).offset(offset)))


def _conditions(
    tx: Connection, scope: Scope, levels: tuple[sa.Table, ...], key: str, match: Match
) -> list[sa.ColumnElement[bool]]:
    return [_condition(tx, scope, levels, key, name, condition) for name, condition in match]


def _condition(  # noqa: PLR0917
    tx: Connection, scope: Scope, levels: tuple[sa.Table, ...], key: str, name: str, condition: Condition
) -> sa.ColumnElement[bool]:
    if name == "patient_name" and isinstance(condition, Exact | Wildcard) and "\0" not in _text_of(condition):
        return _named(tx, scope, _text_of(condition), wild=isinstance(condition, Wildcard))
    if name == "body_part" and _SERIES in levels:
        # What is answered: a correction of the study holds for all its series.
        return _compare(tx, sa.func.coalesce(_STUDY.c.corrected_body_part, _SERIES.c.body_part), condition)
    for table in levels:
        if name in table.c:
            return _compare(tx, table.c[name], condition)
    if name not in _BELOW:
        raise UnknownColumn(name)
    below = _BELOW[name]
    inside = sa.select(sa.literal(1)).where(
        below.c[key] == levels[0].c[key], _SHOWN[below], _compare(tx, below.c[name], condition)
    )
    inside = inside.correlate(levels[0])
    # Twice, so that the first, which most studies answer, is the plain join that the databases do well.
    return inside.exists() & sa.or_(whole(scope), inside.where(partly(scope, below)).exists())


def _compare(tx: Connection, column: sa.ColumnElement[Any], condition: Condition) -> sa.ColumnElement[bool]:
    match condition:
        case UidList(values):
            return column.in_([value for value in values if "\0" not in value])
        case AnyOf(choices):
            return sa.or_(sa.false(), *(_compare(tx, column, choice) for choice in choices))
        case Range(low, high):
            bounds = [column != ""]
            if low is not None:
                bounds.append(column >= low.replace("\0", ""))
            if high is not None:
                bounds.append(column <= high.replace("\0", "") + _AFTER_ANY)
            return sa.and_(*bounds)
        case Exact(text) | Wildcard(text) if "\0" in text:
            return sa.false()  # no column holds it, and PostgreSQL does not even take it as a question
        case Exact(text) if isinstance(column.type, sa.Integer):
            return column == int(text) if _INTEGER.fullmatch(text) else sa.false()
        case Wildcard() if isinstance(column.type, sa.Integer):
            return sa.false()
        case Exact(text) | Wildcard(text) if column is _STUDY.c.referring_physician:
            return _matches_a_group(tx, sa.func.lower(column), folded(text), wild=isinstance(condition, Wildcard))
        case Exact(text):
            return column == text
        case Wildcard(text):
            return _matches(tx, column, _pattern(tx, text, wild=True))


def _text_of(condition: Exact | Wildcard) -> str:
    return condition.value if isinstance(condition, Exact) else condition.pattern


def _named(tx: Connection, scope: Scope, name: str, *, wild: bool) -> sa.ColumnElement[bool]:
    """Whether the name of the images, one of its groups, or the registered name matches without regard to case."""
    asked = folded(name)
    if not joined(asked).strip("="):
        return _STUDY.c.patient_name_folded == ""  # nothing but what stands between the parts of a name
    registered = [] if scope.names is None else [_registered_as(tx, scope.names, asked, wild=wild)]
    if tx.dialect.name != "postgresql" or asked[0] in "*?":
        by_register = (_STUDY.c.study_uid.in_(each) for each in registered)
        return sa.or_(_matches_name(tx, _STUDY.c, asked, wild=wild), *by_register)
    # Names are matched first: for some names PostgreSQL expects many matches, and walks back by date for seconds.
    named = _STUDY.alias()
    in_images = sa.select(named.c.study_uid).where(_matches_name(tx, named.c, asked, wild=wild))
    found = (sa.union(in_images, *registered) if registered else in_images).cte("named")
    return _STUDY.c.study_uid.in_(sa.select(found.prefix_with("MATERIALIZED").c.study_uid))


def _registered_as(tx: Connection, names: RegisteredNames, asked: str, *, wild: bool) -> sa.Select[tuple[str]]:
    """Studies of people of whom one form of the registered name matches each group that was asked for."""
    groups = [_pattern(tx, group, wild=wild) for group in map(joined, asked.split("=")) if group]
    return names.studies(sa.and_(*(sa.or_(*(_matches(tx, form, each) for form in names.forms)) for each in groups)))


def begins(tx: Connection, column: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
    """Whether a column begins with a text, which an index finds."""
    return _matches(tx, column, f"{_pattern(tx, text, wild=False)}{_pattern(tx, '*', wild=True)}")


def _matches_name(tx: Connection, study: Any, asked: str, *, wild: bool) -> sa.ColumnElement[bool]:
    """``study`` are the columns of the table, or of an alias of it."""
    text, whole = _pattern(tx, asked, wild=wild), study.patient_name_folded
    if "=" in asked:
        return _matches(tx, whole, text)
    first = f"{text}={_pattern(tx, '*', wild=True)}"
    others = (study.patient_name_ideographic, study.patient_name_phonetic)
    return sa.or_(
        _matches(tx, whole, text), _matches(tx, whole, first), *(_matches(tx, group, text) for group in others)
    )


def _matches_a_group(
    tx: Connection, compared: sa.ColumnElement[Any], asked: str, *, wild: bool
) -> sa.ColumnElement[bool]:
    text = _pattern(tx, asked, wild=wild)
    if "=" in asked:
        return _matches(tx, compared, text)
    rest = _pattern(tx, "*", wild=True)
    shapes = (text, f"{text}={rest}", f"{rest}={text}", f"{rest}={text}={rest}")
    return sa.or_(*(_matches(tx, compared, shape) for shape in shapes))


def _pattern(tx: Connection, text: str, *, wild: bool) -> str:
    """A DICOM value or pattern in the language of the database: GLOB of SQLite, LIKE of PostgreSQL."""
    literal, wildcards = _GLOB if tx.dialect.name == "sqlite" else _LIKE
    table = {**literal, **wildcards} if wild else literal
    return text.translate(str.maketrans(table))


def _matches(tx: Connection, column: sa.ColumnElement[Any], pattern: str) -> sa.ColumnElement[bool]:
    if tx.dialect.name == "sqlite":
        return column.op("GLOB", is_comparison=True)(pattern)
    return column.like(pattern, escape="\\")
