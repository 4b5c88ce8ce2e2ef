"""The audit and the signatures of reports, checked against the anchors that were kept outside the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.engine import Connection

from reading.anchors import places, signature_rows
from reading.anchors.anchor import Anchor, Forged, Restored, digest_of, opened
from reading.anchors.places import Places
from reading.audit import FIRST, Head, head_of
from reading.audit_chains import Break, verify_chain, writers
from storage.database import snapshot

MOST_NAMED: Final = 1000
"""Lost signatures that are named one by one."""


class AnchorFlaw(StrEnum):
    """What is wrong with an anchor."""

    MISSING = "missing"
    """It was written, and no object store has it."""
    FORGED = "forged"
    """It does not carry this installation's signature, or does not follow the anchor before."""
    ROW_MISSING = "row_missing"
    """An object store has it, and the database does not know it."""
    ROW_CHANGED = "row_changed"
    """The database says something else of it than the object store."""


@dataclass(frozen=True, kw_only=True)
class BrokenAnchor:
    """An anchor that does not hold."""

    number: int
    flaw: AnchorFlaw


@dataclass(frozen=True, kw_only=True)
class RestoredThen:
    """A backup that was restored: known, and no damage."""

    at: datetime
    events: int
    """Events of the audit that were anchored and are lost."""


@dataclass(kw_only=True)
class AuditCheck:
    """What the anchors say of the database."""

    chains: int = 0
    anchors: int = 0
    """Anchors that hold."""
    anchored_at: datetime | None = None
    """When the newest of them was written; None without any."""
    after: int = 0
    """Events since, for which nothing outside the database vouches yet."""
    breaks: list[Break] = field(default_factory=list[Break])
    broken_anchors: list[BrokenAnchor] = field(default_factory=list[BrokenAnchor])
    lost_signatures: list[str] = field(default_factory=list[str])
    """Ids of signatures that an anchor names and that are gone, or say something else."""
    restored: list[RestoredThen] = field(default_factory=list[RestoredThen])
    unchecked: bool = False
    """Anchors are stored, and without the installation's key none of them can be believed."""
    unanchored_restore: bool = False
    """A backup was restored here and no anchor tells of it yet: the next start of TierRead writes it."""

    @property
    def sound(self) -> bool:
        return not self.flaws and not self.unchecked

    @property
    def flaws(self) -> int:
        """How many chains, anchors and signatures do not hold."""
        return len(self.breaks) + len(self.broken_anchors) + len(self.lost_signatures)


def check_audit(where: Places, key: Ed25519PublicKey | None, tell: Callable[[], None] = lambda: None) -> AuditCheck:
    """Every chain of the audit and every anchored signature; ``tell`` is called for each anchor.

    Without the ``key`` the chains are checked by themselves, and the audit is sound only if nothing was ever anchored.

    Raises:
        StoreAway, StoreRefuses: of an object store.

    """
    found = AuditCheck(unanchored_restore=where.restore_note.exists())
    last: Anchor | None = None
    if key is not None:
        last = _Anchors(where, key, found, tell).walk()
    else:
        found.unchecked = places.greatest_stored(where) > 0
    with snapshot(where.engine) as tx:
        noted = dict(last.heads) if last is not None else {}
        _check_chains(tx, noted, found)
    return found


def _check_chains(tx: Connection, noted: dict[str, Head], found: AuditCheck) -> None:
    for writer in sorted({*writers(tx), *noted}):
        found.chains += 1
        broken = verify_chain(tx, writer, noted=noted.get(writer))
        if broken is not None:
            found.breaks.append(broken)
        anchored = noted[writer].number if writer in noted else 0
        found.after += max(0, head_of(tx, writer).number - anchored)


class _Anchors:
    """One walk over all anchors, from the first to the last that anything knows of."""

    def __init__(self, where: Places, key: Ed25519PublicKey, found: AuditCheck, tell: Callable[[], None]) -> None:
        self._where = where
        self._key = key
        self._found = found
        self._tell = tell
        with snapshot(where.engine) as tx:
            self._rows = dict(places.rows(tx))
        self._lost: dict[int, list[str]] = {}

    def walk(self) -> Anchor | None:
        """The newest anchor that holds."""
        newest: Anchor | None = None
        before: bytes | None = FIRST
        gaps: list[tuple[int, Restored]] = []
        last = max([places.greatest_stored(self._where), *self._rows])
        files: dict[int, bytes] = {}
        for number in range(1, last + 1):
            self._tell()
            file = self._file(number, last)
            if file is None:
                before = None
                continue
            files[number] = digest_of(file)
            anchor = self._opened(number, file, before)
            before = digest_of(file)
            if anchor is None:
                continue
            newest = anchor
            self._found.anchors += 1
            self._found.anchored_at = anchor.at
            if anchor.restored is not None:
                gaps.append((number, anchor.restored))
                self._found.restored.append(RestoredThen(at=anchor.at, events=anchor.restored.events))
            self._check_signatures(anchor)
        lost_by_restore = {number for ended, restored in gaps for number in range(restored.from_number + 1, ended)}
        self._check_rows(files, lost_by_restore)
        named = [one for number, ids in self._lost.items() if number not in lost_by_restore for one in ids]
        self._found.lost_signatures += named[:MOST_NAMED]
        return newest

    def _file(self, number: int, last: int) -> bytes | None:
        file = places.get(self._where, number)
        if file is None and number == last and number in self._rows:
            with snapshot(self._where.engine) as tx:  # entered and not yet stored: the next run does it
                file = places.newest_row(tx)
        if file is None:
            self._flaw(number, AnchorFlaw.MISSING)
        return file

    def _opened(self, number: int, file: bytes, before: bytes | None) -> Anchor | None:
        try:
            anchor = opened(file, self._key)
        except Forged:
            self._flaw(number, AnchorFlaw.FORGED)
            return None
        if anchor.number != number or (before is not None and anchor.previous != before):
            self._flaw(number, AnchorFlaw.FORGED)
            return None
        return anchor

    def _check_signatures(self, anchor: Anchor) -> None:
        if anchor.signatures:
            with snapshot(self._where.engine) as tx:
                wrong = signature_rows.differing(tx, list(anchor.signatures.items()))
            if wrong:
                self._lost[anchor.number] = wrong

    def _check_rows(self, files: dict[int, bytes], excused: set[int]) -> None:
        for number, digest in files.items():
            if number not in self._rows:
                if number not in excused:
                    self._flaw(number, AnchorFlaw.ROW_MISSING)
            elif self._rows[number] != digest:
                self._flaw(number, AnchorFlaw.ROW_CHANGED)

    def _flaw(self, number: int, flaw: AnchorFlaw) -> None:
        self._found.broken_anchors.append(BrokenAnchor(number=number, flaw=flaw))
