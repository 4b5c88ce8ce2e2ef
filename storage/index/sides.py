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


def with_more(kept: sa.ColumnElement[str], more: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """`side_of` what a column says and another side that it answered."""
    named = sa.or_(*(kept == side for side in SIDES))
    return sa.case((sa.or_(more == "", more == kept), kept), (named, "B"), else_=more)
