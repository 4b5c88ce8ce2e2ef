"""Versions of reports with their signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.cases.moves import SigningRole
from reading.errors import NotThere
from reading.reports.content import Content
from storage.ids import new_id


class Status(StrEnum):
    """How far a version is, and whether it counts."""

    PENDING = "pending"
    """Signed, and seen by those who work on the case only: anew while a final version still stands, or by a resident
    whom an attending has not countersigned yet."""
    PRELIMINARY = "preliminary"
    """Signed, not yet final: the township sees and prints it, the patient does not."""
    FINAL = "final"
    SUPERSEDED = "superseded"
    REPLACED = "replaced"
    """Superseded while it was pending: the site never saw it."""
    WITHHELD = "withheld"
    ENTERED_IN_ERROR = "entered_in_error"
    BLIND = "blind"
    """A blind reading, not released: `reading.access.blindness` says who may see it."""
    PROPOSED = "proposed"
    """A common text that one of two who confer signed, and the other one has not: theirs alone."""
    WITHDRAWN = "withdrawn"
    """A common text that was not agreed, or a blind reading that its reader took back, or that a retake ended."""


class SealFlaw(StrEnum):
    """Why a version is not what was signed, or not shown as it was signed."""

    UNSIGNED = "unsigned"
    """It carries no signature of its own, or rests on none of an author."""
    SIGNATURE = "signature"
    """A signature does not hold for what the version says."""
    UNREADABLE = "unreadable"
    """Somebody wrote something else into the row."""
    RELEASE = "release"
    """Final without the signatures that its rule asks for, or although a newer version was released."""
    IDENTITY = "identity"
    """It stands under another patient, name, sex, birth date or side than it was signed for."""


VALID: Final = (Status.PRELIMINARY, Status.FINAL)
"""A case has at most one version of these."""
CURRENT: Final = (Status.PENDING, *VALID)
SENT_OUT: Final = (*VALID, Status.SUPERSEDED)
"""The site that asked for the report may see these."""
STRUCK: Final = (Status.WITHHELD, Status.ENTERED_IN_ERROR)
"""Only people above the site may see these."""
UNSENT: Final = (Status.BLIND, Status.PROPOSED, Status.WITHDRAWN)
"""Never a report of the site: no list, page or protocol of reports has them."""
UNSEEN: Final = (*UNSENT, Status.PENDING, Status.REPLACED)
"""The site that asked for the report has not seen these."""


@dataclass(frozen=True, kw_only=True)
class ReportVersion:
    """One signed version of a case's report."""

    id: str
    case_id: str
    number: int
    status: Status
    content: Content
    identity: Mapping[str, Any]
    """Identity of patient and examination as displayed at signing, laterality included."""
    images: Mapping[str, Any]
    """The image set that was read: ``set`` (its digest) and ``instances`` (UID to SHA-256 of its bytes)."""
    image_count: int
    incomplete_reason: str
    """Reason for signing although images were missing; empty when none were."""
    supersedes_id: str | None
    created_at: datetime
    released_at: datetime | None
    consultations: Sequence[Mapping[str, Any]] = ()
    """What consultations concluded, as it quotes them (`reading.reports.quoted`)."""
    flaws: frozenset[SealFlaw] | None = field(default=None, compare=False)
    """What `reading.access` found wrong; None while nobody has compared the version with its signatures."""

    @property
    def broken(self) -> bool:
        """Whether it is not what was signed: to be asked wherever a version is shown.

        Raises:
            ValueError: it did not come through `reading.access`, so that nobody has looked.

        """
        if self.flaws is None:
            raise ValueError("a version that was not compared with its signatures is not shown")
        return bool(self.flaws)


@dataclass(frozen=True, kw_only=True)
class Signature:
    """A person's signature under a version, with the payload that the seal signed."""

    id: str
    version_id: str
    role: SigningRole
    person_id: str
    grant_id: str
    signed_at: datetime
    algorithm: str
    key_id: str
    payload: bytes
    value: bytes


def by_id(tx: Connection, version_id: str) -> ReportVersion:
    """The version, for those who have passed `reading.access`.

    Raises:
        NotThere: no such version.

    """
    version = tables.report_version
    row = tx.execute(sa.select(version).where(version.c.id == version_id)).one_or_none()
    if row is None:
        raise NotThere
    return from_row(row)


def by_ids(tx: Connection, version_ids: Sequence[str]) -> dict[str, ReportVersion]:
    """Versions by their ids, those that there are."""
    version = tables.report_version
    rows = tx.execute(sa.select(version).where(version.c.id.in_(set(version_ids))))
    return {row.id: from_row(row) for row in rows}


def last_number(tx: Connection, case_id: str) -> int:
    """The number of the newest version, whatever became of it; 0 where there is none."""
    version = tables.report_version
    return tx.scalar(sa.select(sa.func.max(version.c.number)).where(version.c.case_id == case_id)) or 0


def of_case(tx: Connection, case_id: str) -> list[ReportVersion]:
    """All versions, the oldest first."""
    version = tables.report_version
    rows = tx.execute(sa.select(version).where(version.c.case_id == case_id).order_by(version.c.number))
    return [from_row(row) for row in rows]


def current(tx: Connection, case_id: str) -> ReportVersion | None:
    """The newest version that is pending, preliminary or final."""
    return _newest(tx, case_id, CURRENT)


def valid(tx: Connection, case_id: str) -> ReportVersion | None:
    """The preliminary or final version that clinicians may act on; there is at most one."""
    return _newest(tx, case_id, VALID)


def final(tx: Connection, case_id: str) -> ReportVersion | None:
    """The version that the patient may read."""
    return _newest(tx, case_id, (Status.FINAL,))


def add(
    tx: Connection,
    *,
    case_id: str,
    content: Content,
    identity: Mapping[str, Any],
    images: Mapping[str, Any],
    incomplete_reason: str,
    supersedes: ReportVersion | None,
    now: datetime,
    consultations: Sequence[Mapping[str, Any]] = (),
    unsent: Status | None = None,
    held_back: bool = False,
) -> ReportVersion:
    """Write the next version. It supersedes the one before at once, but a final one only when it is released.

    One ``unsent``, blind or proposed, supersedes nothing before it is released. One ``held_back`` is not seen by the
    site: what the site has is valid until then, or until `let_out`.
    """
    version = tables.report_version
    status = Status.PENDING if held_back or final(tx, case_id) is not None else Status.PRELIMINARY
    status = unsent or status
    if unsent is None and supersedes is not None and supersedes.status is Status.PENDING:
        set_status(tx, supersedes.id, Status.REPLACED)
    if status is Status.PRELIMINARY:
        _end_valid(tx, case_id)
    made = ReportVersion(
        id=new_id(),
        case_id=case_id,
        number=last_number(tx, case_id) + 1,
        status=status,
        content=content,
        identity=identity,
        images=images,
        image_count=len(images["instances"]),
        incomplete_reason=incomplete_reason,
        supersedes_id=supersedes.id if supersedes else None,
        created_at=now,
        released_at=None,
        consultations=consultations,
    )
    tx.execute(
        sa.insert(version),
        {
            "id": made.id,
            "case_id": made.case_id,
            "number": made.number,
            "status": made.status,
            "content": made.content.to_json(),
            "identity": dict(made.identity),
            "images": dict(made.images),
            "image_count": made.image_count,
            "incomplete_reason": made.incomplete_reason,
            "supersedes_id": made.supersedes_id,
            "created_at": made.created_at,
            "consultations": list(made.consultations),
        },
    )
    return made


def set_status(tx: Connection, version_id: str, status: Status) -> None:
    version = tables.report_version
    tx.execute(sa.update(version).where(version.c.id == version_id).values(status=status))


def let_out(tx: Connection, pending: ReportVersion) -> None:
    """Let the site see a pending version as the one that is valid: what was valid until now is superseded."""
    _end_valid(tx, pending.case_id)
    set_status(tx, pending.id, Status.PRELIMINARY)


def withdraw_blind(tx: Connection, case_id: str) -> None:
    """Take the blind readings of a case out of the double reading: it is read anew, or its images are taken anew."""
    _withdraw(tx, case_id, Status.BLIND, Status.PROPOSED)


def withdraw_proposal(tx: Connection, case_id: str) -> None:
    """Take back the common text of two who confer: another one was proposed, or the case is settled otherwise."""
    _withdraw(tx, case_id, Status.PROPOSED)


def _withdraw(tx: Connection, case_id: str, *statuses: Status) -> None:
    version = tables.report_version
    found = (version.c.case_id == case_id) & version.c.status.in_(statuses)
    tx.execute(sa.update(version).where(found).values(status=Status.WITHDRAWN))


def set_released(tx: Connection, released: ReportVersion, now: datetime) -> None:
    """Make a version the final one: what was valid until now is superseded."""
    version = tables.report_version
    _end_valid(tx, released.case_id)
    tx.execute(sa.update(version).where(version.c.id == released.id).values(status=Status.FINAL, released_at=now))


def add_signature(tx: Connection, signature: Signature) -> None:
    tx.execute(
        sa.insert(tables.signature),
        {
            "id": signature.id,
            "version_id": signature.version_id,
            "role": signature.role,
            "person_id": signature.person_id,
            "grant_id": signature.grant_id,
            "signed_at": signature.signed_at,
            "algorithm": signature.algorithm,
            "key_id": signature.key_id,
            "payload": signature.payload,
            "value": signature.value,
        },
    )


def signatures_on(tx: Connection, version_ids: Sequence[str]) -> list[Signature]:
    """The signatures that lie on these versions themselves, the oldest first."""
    signature = tables.signature
    rows = tx.execute(
        sa.select(signature).where(signature.c.version_id.in_(version_ids)).order_by(signature.c.signed_at)
    )
    return [_signature(row) for row in rows]


def rows_after(tx: Connection, version_id: str, limit: int) -> Sequence[sa.Row[Any]]:
    """Rows of versions in the order of their ids, from behind ``version_id`` on; `from_row` reads one."""
    version = tables.report_version
    return tx.execute(sa.select(version).where(version.c.id > version_id).order_by(version.c.id).limit(limit)).all()


def signatures_for(tx: Connection, version: ReportVersion) -> list[Signature]:
    """The signatures that a version rests on, the oldest first.

    Each signature covers the words that its person saw, so it stays on the version that they signed.
    When a verifier or a reviewer changes the text, their version carries their signature alone and
    supersedes the one before; the author's is found there. A version that an author signed begins
    anew: signatures on what it supersedes do not count for it.
    """
    found: list[Signature] = []
    each: ReportVersion | None = version
    while each is not None:
        here = signatures_on(tx, [each.id])
        found = here + found
        if any(signature.role is SigningRole.AUTHOR for signature in here):
            break
        each = by_id(tx, each.supersedes_id) if each.supersedes_id else None
    newest: dict[SigningRole, Signature] = {}
    for signature in found:
        newest[signature.role] = signature
    return sorted(newest.values(), key=lambda signature: signature.signed_at)


def from_row(row: sa.Row[Any]) -> ReportVersion:
    """The version in a row that holds the columns of the table ``report_version``."""
    return ReportVersion(
        id=row.id,
        case_id=row.case_id,
        number=row.number,
        status=Status(row.status),
        content=Content.from_json(row.content),
        identity=row.identity,
        images=row.images,
        image_count=row.image_count,
        incomplete_reason=row.incomplete_reason,
        supersedes_id=row.supersedes_id,
        created_at=row.created_at,
        released_at=row.released_at,
        consultations=row.consultations,
    )


def _end_valid(tx: Connection, case_id: str) -> None:
    version = tables.report_version
    valid_one = (version.c.case_id == case_id) & version.c.status.in_(VALID)
    tx.execute(sa.update(version).where(valid_one).values(status=Status.SUPERSEDED))


def _newest(tx: Connection, case_id: str, statuses: Sequence[Status]) -> ReportVersion | None:
    version = tables.report_version
    row = tx.execute(
        sa.select(version)
        .where(version.c.case_id == case_id, version.c.status.in_(statuses))
        .order_by(version.c.number.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else from_row(row)


def _signature(row: sa.Row[Any]) -> Signature:
    return Signature(
        id=row.id,
        version_id=row.version_id,
        role=SigningRole(row.role),
        person_id=row.person_id,
        grant_id=row.grant_id,
        signed_at=row.signed_at,
        algorithm=row.algorithm,
        key_id=row.key_id,
        payload=bytes(row.payload),
        value=bytes(row.value),
    )
