"""Every signature of every report version, checked against the seal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.engine import Engine

from reading.cases.moves import SigningRole
from reading.errors import Invalid
from reading.reports import versions
from reading.reports.seal import holds
from reading.reports.versions import ReportVersion, Signature
from storage.database import snapshot

_PAGE: Final = 200


@dataclass(frozen=True, kw_only=True)
class BrokenSignature:
    """A signature that does not hold for what its version says now."""

    version_id: str
    role: SigningRole | None
    """None: the version carries no signature, or its row cannot be read."""


@dataclass(frozen=True, kw_only=True)
class CheckedPage:
    """Some versions in the order of their ids: how many signatures they carry, and those that do not hold."""

    signatures: int
    broken: tuple[BrokenSignature, ...]


def check_signatures(engine: Engine, key: Ed25519PublicKey) -> Iterator[CheckedPage]:
    """All versions, a page at a time: no transaction stays open while signatures are checked."""
    last = ""
    while True:
        with snapshot(engine) as tx:
            rows = versions.rows_after(tx, last, _PAGE)
            signatures = versions.signatures_on(tx, [row.id for row in rows])
        if not rows:
            return
        by_version: dict[str, list[Signature]] = {}
        for one in signatures:
            by_version.setdefault(one.version_id, []).append(one)
        yield CheckedPage(
            signatures=len(signatures),
            broken=tuple(flaw for row in rows for flaw in _broken(row, by_version.get(row.id, []), key)),
        )
        last = rows[-1].id


def _broken(
    row: sa.Row[tuple[object, ...]], signatures: Sequence[Signature], key: Ed25519PublicKey
) -> Iterator[BrokenSignature]:
    version = _readable(row)
    if version is None or not signatures:
        yield BrokenSignature(version_id=row.id, role=None)
        return
    for one in signatures:
        if not holds(one, version, key):
            yield BrokenSignature(version_id=row.id, role=one.role)


def _readable(row: sa.Row[tuple[object, ...]]) -> ReportVersion | None:
    try:
        return versions.from_row(row)
    except (Invalid, ValueError, TypeError, AttributeError):  # somebody wrote something else into the row
        return None
