"""Writes anchors: what was committed since the last one is checked against it, signed, and stored outside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from reading.anchors import places, signature_rows
from reading.anchors.anchor import Anchor, Restored, digest_of, opened, signed
from reading.anchors.places import Places
from reading.audit import FIRST, Head
from reading.audit_chains import Break, heads, verify_since
from reading.reports.seal import Seal
from reading.tables import audit_anchor
from storage.database import snapshot, transaction

IDLE: Final = timedelta(hours=1)
"""Time after which an anchor is written although nothing has happened: one that is older is a sign of trouble."""
_MOST_SIGNATURES: Final = 10_000
"""Most signatures in one anchor; the first of an old installation has many, and others follow at once."""


class Behind(Exception):
    """The database knows fewer anchors than were written: somebody cut it, or restored a backup by other means."""

    def __init__(self, number: int, written: int) -> None:
        super().__init__(number, written)
        self.number = number
        self.written = written


@dataclass(frozen=True, kw_only=True)
class Written:
    """What became of one run."""

    number: int
    """The anchor that was written; 0 for none."""
    breaks: tuple[Break, ...] = ()
    """Chains that do not hold from the end that the last anchor has; the new one keeps that end."""
    more: bool = False
    """Whether signatures are left for another anchor."""


NOTHING: Final = Written(number=0)


def write(where: Places, seal: Seal, node: str, now: datetime, *, interval: timedelta) -> Written:
    """Write the next anchor when the last one is older than ``interval`` and something has happened since.

    The row comes first and the object after it: what an anchor names is on stable storage then. A run that ended
    between the two is completed by the next.

    Raises:
        Behind: the database was cut or restored; nothing is written.
        Forged: the newest anchor in the database was not written by this installation.
        StoreAway, StoreRefuses: of an object store; the row stands, and the next run stores the anchor.

    """
    with snapshot(where.engine) as tx:
        file = places.newest_row(tx)
    last = None if file is None else opened(file, seal.public_key)
    number = last.number if last else 0
    if last is not None and file is not None and not places.is_stored(where, last.number):
        places.put(where, last, file)
    if last is not None and now - last.at < interval:
        return NOTHING
    _not_behind(where, number)
    with snapshot(where.engine) as tx:
        found, breaks = _ends(tx, last)
        rows = _signatures(tx, last)
    if last is not None and found == last.heads and not rows and now - last.at < IDLE:
        return Written(number=0, breaks=breaks)
    anchor = Anchor(
        number=number + 1,
        at=now,
        node=node,
        previous=FIRST if file is None else digest_of(file),
        heads=found,
        signatures=dict(rows),
        mark=max([last.mark if last else "", *dict(rows)]),
    )
    if not _enter(where, seal, anchor):
        return NOTHING
    return Written(number=anchor.number, breaks=breaks, more=len(rows) == _MOST_SIGNATURES)


def write_restored(where: Places, seal: Seal, node: str, now: datetime) -> Restored:
    """Write the anchor that follows the restoring of a backup: it says what is lost and begins anew from there.

    Raises:
        Forged: the newest anchor outside was not written by this installation.
        StoreAway, StoreRefuses: of an object store.

    """
    written = places.greatest_stored(where)
    before = places.get(where, written) if written else None
    outside = None if before is None else opened(before, seal.public_key)
    with snapshot(where.engine) as tx:
        file = places.newest_row(tx)
        known = None if file is None else opened(file, seal.public_key)
        now_heads = {head.writer: head for head in heads(tx)}
        rows = _signatures(tx, known)
    lost = 0
    for head in outside.heads.values() if outside else ():
        lost += max(0, head.number - (now_heads[head.writer].number if head.writer in now_heads else 0))
    restored = Restored(from_number=known.number if known else 0, events=lost)
    anchor = Anchor(
        number=written + 1,
        at=now,
        node=node,
        previous=FIRST if before is None else digest_of(before),
        heads=now_heads,
        signatures=dict(rows),
        mark=max([known.mark if known else "", *dict(rows)]),
        restored=restored,
    )
    _enter(where, seal, anchor)
    return restored


def is_behind(where: Places) -> bool:
    """Whether anchors were written that the database does not know.

    Raises:
        StoreAway, StoreRefuses: of an object store.

    """
    with snapshot(where.engine) as tx:
        return places.newest_number(tx) < places.greatest_stored(where)


def _not_behind(where: Places, number: int) -> None:
    written = number
    while places.get(where, written + 1) is not None:
        written += 1
    written = max(written, places.noted(where))
    if written <= number:
        return
    with snapshot(where.engine) as tx:
        known = places.newest_number(tx)
    if known < written:  # else another node has written some meanwhile
        raise Behind(known, written)


def _ends(tx: Connection, last: Anchor | None) -> tuple[dict[str, Head], tuple[Break, ...]]:
    """The end of every chain, and those that do not hold from where the last anchor saw them."""
    now_heads = {head.writer: head for head in heads(tx)}
    if last is None:
        return now_heads, ()
    breaks: list[Break] = []
    for writer in sorted(now_heads.keys() | last.heads.keys()):
        noted = last.heads.get(writer, Head(writer=writer, number=0, digest=FIRST))
        broken = verify_since(tx, noted)
        if broken is not None:
            breaks.append(broken)
            now_heads[writer] = noted
    return {writer: head for writer, head in now_heads.items() if head.number}, tuple(breaks)


def _signatures(tx: Connection, last: Anchor | None) -> list[tuple[str, bytes]]:
    recent: set[str] = set()
    if last is not None:
        lately = sa.select(audit_anchor.c.file).where(audit_anchor.c.at >= last.at - 2 * signature_rows.LATE)
        for file in tx.scalars(lately):
            recent.update(json.loads(file)["anchor"]["signatures"])
    return signature_rows.since(tx, last.mark if last else "", recent, _MOST_SIGNATURES)


def _enter(where: Places, seal: Seal, anchor: Anchor) -> bool:
    """Enter the row and store the file; False where another node has written this number."""
    file = signed(anchor, seal)
    row = {"number": anchor.number, "at": anchor.at, "digest": digest_of(file), "file": file}
    try:
        with transaction(where.engine) as tx:
            tx.execute(sa.insert(audit_anchor), row)
    except IntegrityError:
        return False
    places.put(where, anchor, file)
    return True
