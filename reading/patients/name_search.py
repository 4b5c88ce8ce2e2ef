"""How a name is sought that somebody types: by the beginning of one of its forms, or by its initials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.index.initials import is_initials
from storage.index.name_forms import folded, joined
from storage.index.search import begins


def named(
    tx: Connection, text: str, forms: Sequence[sa.ColumnElement[str]], initials: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    """Whether a form of a name begins as somebody typed it, with or without spaces, either part in front."""
    typed = joined(folded(text))
    asked = (*forms, initials) if is_initials(typed) else forms
    return sa.or_(*(begins(tx, form, typed) for form in asked)) if typed else sa.false()
