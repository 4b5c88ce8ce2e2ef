"""The requests of devices for storage commitment, and the verdict on each instance that they name (PS3.4 J)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import insert_new
from storage.errors import StorageError
from storage.ids import new_id

_COMMITMENT: Final = tables.commitment
_REFERENCE: Final = tables.commitment_reference


class Verdict(StrEnum):
    """The answer for one instance."""

    COMMITTED = "committed"
    """Its bytes were read from the object store since the request, and had their digest."""
    UNKNOWN = "unknown"
    """This site never sent it."""
    OTHER_CLASS = "other_class"
    """It is here as another SOP class."""
    UNSUPPORTED = "unsupported"
    """Instances of its SOP class are not stored here."""
    QUARANTINED = "quarantined"
    """It was refused, or differs from the stored instance: a person decides."""
    DAMAGED = "damaged"
    """The object store gives back other bytes, or none."""
    NOT_STORED = "not_stored"
    """It was received, but did not reach the object store in time."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    reference: Reference
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Undecided:
    """A request that waits for its decision."""

    id: str
    site_id: str
    asked_at: datetime


class TransactionInUse(StorageError):
    """The device has used this Transaction UID for another list of instances."""


def ask(
    tx: Connection,
    *,
    device_id: str,
    site_id: str,
    transaction_uid: str,
    references: Sequence[Reference],
    unsupported: Collection[str],
    now: datetime,
) -> str:
    """Enter a request; answers its id. The same request again is answered again.

    ``unsupported`` are SOP classes whose instances are not stored here.

    Raises:
        TransactionInUse: the transaction is another request's.

    """
    wanted = list(dict.fromkeys(references))
    digest = _digest(wanted)
    made = new_id()
    row = {
        "id": made,
        "device_id": device_id,
        "site_id": site_id,
        "transaction_uid": transaction_uid,
        "digest": digest,
        "asked_at": now,
        "look_at": now,
        "next_at": now,
    }
    entered = tx.execute(insert_new(tx, _COMMITMENT).values(row).execution_options(preserve_rowcount=True))
    if entered.rowcount != 1:
        return _ask_again(tx, device_id, transaction_uid, digest, now)
    rows = [
        {
            "commitment_id": made,
            "place": place,
            "sop_class_uid": one.sop_class_uid,
            "sop_instance_uid": one.sop_instance_uid,
            "verdict": str(Verdict.UNSUPPORTED) if one.sop_class_uid in unsupported else None,
        }
        for place, one in enumerate(wanted, start=1)
    ]
    tx.execute(sa.insert(_REFERENCE), rows)
    return made


def _ask_again(tx: Connection, device_id: str, transaction_uid: str, digest: bytes, now: datetime) -> str:
    row = _COMMITMENT.c
    earlier = tx.execute(
        sa.select(_COMMITMENT).where(row.device_id == device_id, row.transaction_uid == transaction_uid)
    ).one()
    if bytes(earlier.digest) != digest:
        raise TransactionInUse
    if earlier.reported_at is None and earlier.given_up_at is None:
        afresh: dict[str, object] = {"next_at": now}  # decided or not, it is answered once
    else:
        afresh = {
            "asked_at": now,
            "look_at": now,
            "next_at": now,
            "decided_at": None,
            "reported_at": None,
            "given_up_at": None,
            "failure": None,
            "attempts": 0,
        }
        tx.execute(
            sa.update(_REFERENCE)
            .where(_REFERENCE.c.commitment_id == earlier.id, _REFERENCE.c.verdict != str(Verdict.UNSUPPORTED))
            .values(verdict=None)
        )
    tx.execute(sa.update(_COMMITMENT).where(row.id == earlier.id).values(afresh))
    return str(earlier.id)


def of_site(tx: Connection, site_id: str, references: Sequence[Reference]) -> dict[str, tuple[str, str]]:
    """Study and Series Instance UID of each instance that this site has sent, by SOP Instance UID."""
    instance, holding = tables.instance.c, tables.holding.c
    asked = sa.select(instance.sop_instance_uid, instance.study_uid, instance.series_uid).join(
        tables.holding, sa.and_(holding.sop_instance_uid == instance.sop_instance_uid, holding.site_id == site_id)
    )
    found: dict[str, tuple[str, str]] = {}
    for start in range(0, len(references), _PARAMETERS):
        some = [one.sop_instance_uid for one in references[start : start + _PARAMETERS]]
        for uid, study_uid, series_uid in tx.execute(asked.where(instance.sop_instance_uid.in_(some))):
            found[uid] = (study_uid, series_uid)
    return found


_PARAMETERS: Final = 1000
"""UIDs or places in one statement."""


# -- decisions


def next_undecided(tx: Connection, now: datetime, look_again_at: datetime) -> Undecided | None:
    """The request that has waited longest; nobody else gets it before ``look_again_at``."""
    row = _COMMITMENT.c
    asked = sa.select(row.id, row.site_id, row.asked_at, row.look_at).where(row.decided_at.is_(None))
    for found in tx.execute(asked.where(row.look_at <= now).order_by(row.look_at).limit(_TRIES)).all():
        ours = sa.update(_COMMITMENT).where(row.id == found.id, row.look_at == found.look_at)
        if tx.execute(ours.values(look_at=look_again_at)).rowcount == 1:
            return Undecided(id=found.id, site_id=found.site_id, asked_at=found.asked_at)
    return None


_TRIES: Final = 5


def write_verdicts(tx: Connection, commitment_id: str, verdicts: Mapping[int, Verdict]) -> None:
    """Write verdicts by place in the request; a verdict that was written before stays."""
    row = _REFERENCE.c
    by_verdict: dict[Verdict, list[int]] = {}
    for place, verdict in sorted(verdicts.items()):
        by_verdict.setdefault(verdict, []).append(place)
    for verdict, places in by_verdict.items():
        for start in range(0, len(places), _PARAMETERS):
            some = places[start : start + _PARAMETERS]
            unwritten = sa.update(_REFERENCE).where(
                row.commitment_id == commitment_id, row.place.in_(some), row.verdict.is_(None)
            )
            tx.execute(unwritten.values(verdict=str(verdict)))


def look_again(tx: Connection, commitment_id: str, at: datetime) -> None:
    row = _COMMITMENT.c
    tx.execute(sa.update(_COMMITMENT).where(row.id == commitment_id).values(look_at=at))


def note_decided(tx: Connection, commitment_id: str, now: datetime) -> bool:
    """Close the request if every reference has its verdict; False where one has none."""
    row, reference = _COMMITMENT.c, _REFERENCE.c
    left = sa.exists().where(reference.commitment_id == commitment_id, reference.verdict.is_(None))
    done = tx.execute(
        sa.update(_COMMITMENT)
        .where(row.id == commitment_id, row.decided_at.is_(None), ~left)
        .values(decided_at=now, next_at=now)
    )
    return done.rowcount == 1


def outcomes(tx: Connection, commitment_id: str) -> list[Outcome]:
    """The verdicts, in the order of the request."""
    row = _REFERENCE.c
    asked = sa.select(row.sop_class_uid, row.sop_instance_uid, row.verdict).where(row.commitment_id == commitment_id)
    return [
        Outcome(
            reference=Reference(sop_class_uid=found.sop_class_uid, sop_instance_uid=found.sop_instance_uid),
            verdict=Verdict(found.verdict),
        )
        for found in tx.execute(asked.order_by(row.place))
    ]


def _digest(references: Sequence[Reference]) -> bytes:
    """A digest of the set of references, whatever their order."""
    lines = sorted(f"{one.sop_class_uid} {one.sop_instance_uid}" for one in references)
    return hashlib.sha256("\n".join(lines).encode()).digest()
