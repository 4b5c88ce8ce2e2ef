"""`tierread verify`: reads every stored instance again and compares its digest, and follows the audit's chains."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from pacs.opened import Bytes
from reading import audit
from reading.audit import Break
from storage import index
from storage.database import snapshot, transaction
from storage.index import Instance
from storage.reader import BytesMissing, HolderAway
from storage.tables import instance

PAGE: Final = 500


class Finding(StrEnum):
    """What is wrong with an instance."""

    CHANGED = "changed"
    """Its bytes do not have the digest that they had when they came."""
    MISSING = "missing"
    """The segment is not where the index says."""
    AWAY = "away"
    """Its segment is in the spool of a node that does not answer: not known whether it is whole."""


@dataclass(frozen=True, kw_only=True)
class Damage:
    """One instance that is not as it should be, by where it lies: never by whose it is."""

    segment_id: str
    offset: int
    finding: Finding


@dataclass(frozen=True, kw_only=True)
class Verified:
    instances: int
    bytes_read: int
    damages: tuple[Damage, ...]
    breaks: tuple[Break, ...]
    """Chains of the audit that do not hold."""

    @property
    def sound(self) -> bool:
        return not self.damages and not self.breaks


def count(engine: Engine) -> int:
    with snapshot(engine) as tx:
        return tx.scalar(sa.select(sa.func.count()).select_from(instance)) or 0


def verify(engine: Engine, bytes_: Bytes, tell: Callable[[int], None]) -> Verified:
    """Read everything, and mark what is damaged; ``tell`` hears of each instance's bytes."""
    damages: list[Damage] = []
    instances = read = 0
    for one in _all(engine):
        finding = _look(bytes_, one)
        if finding is not Finding.AWAY and one.damaged != (finding is not None):
            with transaction(engine) as tx:
                index.note_damage(tx, one, damaged=finding is not None)
        if finding is not None:
            damages.append(Damage(segment_id=one.segment_id, offset=one.offset, finding=finding))
        instances += 1
        read += one.size
        tell(one.size)
    with snapshot(engine) as tx:
        breaks = [audit.verify_chain(tx, writer) for writer in audit.writers(tx)]
    return Verified(
        instances=instances,
        bytes_read=read,
        damages=tuple(damages),
        breaks=tuple(each for each in breaks if each is not None),
    )


def _look(bytes_: Bytes, one: Instance) -> Finding | None:
    digest = hashlib.sha256()
    try:
        for chunk in bytes_.stream(one, one.dataset_offset):
            digest.update(chunk)
    except BytesMissing:
        return Finding.MISSING
    except HolderAway:
        return Finding.AWAY
    return None if digest.digest() == one.stored_digest else Finding.CHANGED


def _all(engine: Engine) -> Iterator[Instance]:
    """Every instance, by UID, a page at a time: no transaction stays open while bytes are read."""
    last = ""
    while True:
        with snapshot(engine) as tx:
            uids = tx.scalars(
                sa.select(instance.c.sop_instance_uid)
                .where(instance.c.sop_instance_uid > last)
                .order_by(instance.c.sop_instance_uid)
                .limit(PAGE)
            ).all()
            page = [index.instance_of(tx, uid) for uid in uids]
        yield from (each for each in page if each is not None)
        if len(uids) < PAGE:
            return
        last = uids[-1]
