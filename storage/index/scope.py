"""What a viewer may see of the index: whole studies, and of another site's what is shared or a site has sent too."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.records import Series, Study, columns_of

_STUDY: Final = tables.study
_SERIES: Final = tables.series
_INSTANCE: Final = tables.instance
_HOLDING: Final = tables.holding
_HELD_INSTANCE: Final = _INSTANCE.alias("held")
_HELD: Final = _HELD_INSTANCE.c


@dataclass(frozen=True, kw_only=True)
class RegisteredNames:
    """The names of people in a register, which their images may write otherwise."""

    forms: tuple[sa.ColumnElement[str], ...]
    """Columns as `storage.index.name_forms` writes them."""
    studies: Callable[[sa.ColumnElement[bool]], sa.Select[tuple[str]]]
    """Selects the UIDs of the studies of those for whom a condition on ``forms`` holds."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a viewer may see of the index; every protocol finds studies, series and instances through it.

    Studies of ``site_ids``, those in ``study_uids`` and those that ``lent`` selects are seen whole. Of those that
    ``shared`` selects all images are seen, and nothing that this installation made of a report. Of another site's study
    a site sees the instances that it has sent too (its holdings), and no count, series or match of the rest.
    """

    site_ids: frozenset[str] = frozenset()
    study_uids: frozenset[str] = frozenset()
    lent: sa.Select[tuple[str]] | None = None
    """Selects the UIDs of further studies, of which there may be more than a statement takes as values."""
    shared: sa.Select[tuple[str]] | None = None
    """Selects the UIDs of those whose reports are not shown with their images."""
    hidden_site_ids: frozenset[str] = frozenset()
    """Sites whose hidden (withheld) studies are shown as well."""
    held: bool = True
    """False where none of the sites has sent what others sent first (`hold_of_others`): the databases plan that
    question for longer than they answer a list."""
    names: RegisteredNames | None = None
    """Who searches for a name finds studies by the registered one as well."""


_SITES, _STUDIES, _HIDDEN = "scope_sites", "scope_studies", "scope_hidden_sites"
ANY_SCOPE: Final = Scope(
    site_ids=cast("Any", sa.bindparam(_SITES, expanding=True)),
    study_uids=cast("Any", sa.bindparam(_STUDIES, expanding=True)),
    hidden_site_ids=cast("Any", sa.bindparam(_HIDDEN, expanding=True)),
)
"""Stands for any scope in a statement that is made once; see `values_of`. Lent and shared studies are put in apart."""


def values_of(scope: Scope) -> dict[str, list[str]]:
    """The values of a statement that was made with `ANY_SCOPE`."""
    return {_SITES: list(scope.site_ids), _STUDIES: list(scope.study_uids), _HIDDEN: list(scope.hidden_site_ids)}


def visible(scope: Scope, level: sa.Table) -> list[sa.ColumnElement[bool]]:
    """The conditions on the rows of a level, which is joined with its study."""
    seen = sa.or_(whole(scope), partly(scope, level))
    return [seen, _STUDY.c.hidden.is_(False) | _STUDY.c.site_id.in_(scope.hidden_site_ids)]


def whole(scope: Scope) -> sa.ColumnElement[bool]:
    """Whether all of a study is seen."""
    seen = [_STUDY.c.site_id.in_(scope.site_ids), _STUDY.c.study_uid.in_(scope.study_uids)]
    return sa.or_(*seen, *([] if scope.lent is None else [_STUDY.c.study_uid.in_(scope.lent)]))


def partly(scope: Scope, level: sa.Table) -> sa.ColumnElement[bool]:
    """Whether the row is seen of a study that is not seen whole: its images are shared, or it is held."""
    shared = [] if scope.shared is None else [_is_shared(scope.shared, level)]
    return sa.or_(sa.false(), *shared, *([_holds(scope, level)] if scope.held else []))


def _is_shared(shared: sa.Select[tuple[str]], level: sa.Table) -> sa.ColumnElement[bool]:
    in_study = level.c.study_uid.in_(shared)
    return in_study if level is _STUDY else in_study & level.c.made_here.is_(False)


def _all_images(scope: Scope) -> sa.ColumnElement[bool]:
    """Whether all that was received of a study is seen."""
    return whole(scope) if scope.shared is None else sa.or_(whole(scope), _STUDY.c.study_uid.in_(scope.shared))


def _holds(scope: Scope, level: sa.Table) -> sa.ColumnElement[bool]:
    """Whether the sites have sent the row's instance, or one in the row's series or study, which others sent first."""
    if level is _STUDY:
        # Holdings of other sites' instances are few, so their studies are looked up once instead of joined.
        return _STUDY.c.study_uid.in_(_held(scope).with_only_columns(_HELD.study_uid))
    if level is _SERIES:
        return _held(scope).where(_HELD.series_uid == _SERIES.c.series_uid).correlate(_SERIES).exists()
    held = _HOLDING.c.sop_instance_uid == _INSTANCE.c.sop_instance_uid
    return sa.exists().where(held, *_of_sites(scope)).correlate(_INSTANCE)


def hold_of_others(tx: Connection, site_ids: Collection[str]) -> bool:
    """Whether these sites have sent an instance that others sent first."""
    theirs = sa.exists().where(_HOLDING.c.shared, _HOLDING.c.site_id.in_(site_ids))
    return tx.execute(sa.select(theirs)).scalar_one()


def _held(scope: Scope) -> sa.Select[Any]:
    """The shown instances of other sites that these sites have sent too."""
    return (
        sa.select(sa.literal(1))
        .select_from(_HOLDING.join(_HELD_INSTANCE, _HOLDING.c.sop_instance_uid == _HELD.sop_instance_uid))
        .where(_HELD.hidden.is_(False), *_of_sites(scope))
    )


def _of_sites(scope: Scope) -> tuple[sa.ColumnElement[bool], ...]:
    return (_HOLDING.c.shared, _HOLDING.c.site_id.in_(scope.site_ids))


def study_columns(scope: Scope) -> list[sa.ColumnElement[Any]]:
    """The columns of `Study`; seen in part, it has count and times of the instances that are seen."""
    seen = {
        "instances": instances_of_study(scope),
        "made_here": _made_here(scope),
        "first_received_at": _received(scope, _STUDY.c.first_received_at, sa.func.min),
        "last_received_at": _received(scope, _STUDY.c.last_received_at, sa.func.max),
    }
    return [seen.get(column.name, column).label(column.name) for column in columns_of(Study, _STUDY)]


def everything_in_study(scope: Scope) -> sa.ColumnElement[int]:
    """How many instances of a study are seen, those included that this installation made."""
    return instances_of_study(scope) + _made_here(scope)


def _made_here(scope: Scope) -> sa.ColumnElement[int]:
    """Whoever sees only what they sent, or what is shared with them, sees nothing that was made here."""
    return sa.case((whole(scope), _STUDY.c.made_here), else_=0)


def instances_of_study(scope: Scope) -> sa.ColumnElement[int]:
    """How many received instances of a study are seen."""
    return _or_of_held(scope, _STUDY.c.instances, _count(_held_in_study(scope)))


def _received(scope: Scope, column: sa.ColumnElement[Any], of: Callable[..., Any]) -> sa.ColumnElement[Any]:
    held = _held_in_study(scope).with_only_columns(of(_HOLDING.c.received_at))
    return _or_of_held(scope, column, held.scalar_subquery())


def _held_in_study(scope: Scope) -> sa.Select[Any]:
    return _held(scope).where(_HELD.study_uid == _STUDY.c.study_uid).correlate(_STUDY)


def _or_of_held(scope: Scope, column: sa.ColumnElement[Any], of_held: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column of study or series, or what stands for it where only what the sites hold is seen."""
    return sa.case((_all_images(scope), column), else_=of_held) if scope.held else column


def series_columns(scope: Scope) -> list[sa.ColumnElement[Any]]:
    """The columns of `Series`; one that is seen in part counts the instances that are seen."""
    held = _held(scope).where(_HELD.series_uid == _SERIES.c.series_uid).correlate(_SERIES)
    seen = {"instances": _or_of_held(scope, _SERIES.c.instances, _count(held))}
    return [seen.get(column.name, column).label(column.name) for column in columns_of(Series, _SERIES)]


def _count(held: sa.Select[Any]) -> sa.ScalarSelect[int]:
    # Distinct, since several of the sites may have sent the same instance.
    return held.with_only_columns(sa.func.count(_HELD.sop_instance_uid.distinct())).scalar_subquery()
