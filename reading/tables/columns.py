"""Columns that the tables of the clinical work share."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.database import UtcDateTime

UID: Final = sa.String(64)
ULID: Final = sa.String(26)
DIGEST: Final = sa.LargeBinary(32)


def id_column() -> sa.Column[str]:
    return sa.Column("id", ULID, primary_key=True)


def reference(name: str, target: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, ULID, sa.ForeignKey(f"{target}.id"), nullable=nullable)


def dated_columns() -> tuple[sa.Column[object], sa.Column[object]]:
    """`since` (included) and `until` (excluded; empty: for ever)."""
    return sa.Column("since", UtcDateTime, nullable=False), sa.Column("until", UtcDateTime)


def revision_column() -> sa.Column[int]:
    return sa.Column("revision", sa.Integer, nullable=False, server_default="1")
