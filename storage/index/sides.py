"""The side that pictures show together: of a series whose images name several, of a study with several series."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa

SIDES: Final = ("L", "R", "B")
"""The sides that there are to name. U is unpaired: there is none (PS3.3 C.7.3.1.1.1, C.8.1.1 Image Laterality)."""


def side_of(sides: Iterable[str]) -> str:
    """The side of what shows these: B where they are two, empty where none is named."""
    named = {side for side in sides if side in SIDES}
    return "B" if len(named) > 1 else "".join(named)


def each_of(sides: Iterable[str]) -> frozenset[str]:
    """The sides by themselves: both are the left and the right one, whether one word says so or two."""
    return frozenset(one for side in sides if side in SIDES for one in ("LR" if side == "B" else side))


def with_more(kept: sa.ColumnElement[str], more: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """`side_of` what a column says and another side that it answered."""
    named = sa.or_(*(kept == side for side in SIDES))
    return sa.case((sa.or_(more == "", more == kept), kept), (named, "B"), else_=more)


def among(
    kept: sa.ColumnElement[str], said: sa.ColumnElement[str], there: sa.ColumnElement[str]
) -> sa.ColumnElement[str]:
    """`side_of` the rows of a group, as an aggregate; ``kept`` is what was known of them so far.

    ``said`` is the side of each row, null where nobody kept it: then what was known stays, and so it does in a group
    without rows, of which ``there`` is null.
    """
    one = sa.case((said.in_(SIDES), said))
    unknown = sa.func.count(sa.case((there.is_not(None) & said.is_(None), 1)))
    least, greatest, before = sa.func.min(one), sa.func.max(one), sa.func.max(kept)
    return sa.case(
        (unknown > 0, before),
        (least == greatest, least),
        (least.is_not(None), "B"),
        else_=sa.func.coalesce(sa.func.max(said), before),
    )
