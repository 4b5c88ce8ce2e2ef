"""How a case stood when it was withheld, kept until that ends: withheld by mistake, it stands so again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.cases.moves import AT_REST, UNDECIDED, State
from reading.completeness import image_set
from reading.context import Context, without_door
from reading.reports import versions
from reading.reports.seal import canonical
from reading.reports.versions import CURRENT, Status
from reading.signing import basis
from reading.tables import withholding
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class WithheldState:
    """What a case and its versions were in the moment before."""

    made_by: str
    """Who withheld it."""
    state: State
    """With nobody who holds it."""
    countersign_at: str | None
    image_set: str
    identity: bytes
    statuses: Mapping[str, Status]
    """Version id to its status, of those that were struck."""


@without_door("A part of the act that withholds, which has opened its case.")
def keep(ctx: Context[Staff], case: Case) -> None:
    """Keep how a case stands; to be called before anything of it is struck."""
    forget(ctx.tx, case.id)
    struck = (*CURRENT, Status.BLIND, Status.PROPOSED)
    row = {
        "case_id": case.id,
        "made_by": ctx.who.person_id,
        "state": AT_REST.get(case.state, case.state),
        "countersign_at": case.countersign_at,
        "image_set": _images(ctx.tx, case),
        "identity": _identity(ctx.tx, case),
        "statuses": {one.id: one.status for one in versions.of_case(ctx.tx, case.id) if one.status in struck},
    }
    ctx.tx.execute(sa.insert(withholding), row)


def of_case(tx: Connection, case_id: str) -> WithheldState | None:
    """How a withheld case stood; None of one that was withheld before this was kept."""
    row = tx.execute(sa.select(withholding).where(withholding.c.case_id == case_id)).one_or_none()
    if row is None:
        return None
    return WithheldState(
        made_by=row.made_by,
        state=State(row.state),
        countersign_at=row.countersign_at,
        image_set=row.image_set,
        identity=row.identity,
        statuses={version_id: Status(status) for version_id, status in row.statuses.items()},
    )


def is_unchanged(tx: Connection, case: Case, kept: WithheldState) -> bool:
    """Whether images and identity of a withheld case are what they were, so that what was signed of them still is."""
    return kept.image_set == _images(tx, case) and kept.identity == _identity(tx, case)


def is_undecided(tx: Connection, case: Case) -> bool:
    """Whether a withheld case was read blind by two and nobody had decided it: restored, it is so again."""
    kept = of_case(tx, case.id) if case.state is State.WITHHELD else None
    if kept is None or kept.state not in UNDECIDED:
        return False
    return case.by_two or Status.BLIND in kept.statuses.values()


def put_back(tx: Connection, kept: WithheldState) -> None:
    """Give every version the status that it had; what was superseded before stays so."""
    for version_id, status in kept.statuses.items():
        versions.set_status(tx, version_id, status)


def forget(tx: Connection, case_id: str) -> None:
    """The withholding has ended."""
    tx.execute(sa.delete(withholding).where(withholding.c.case_id == case_id))


def _images(tx: Connection, case: Case) -> str:
    return image_set.image_set(tx, cases.study_uids(tx, case.id)).digest


def _identity(tx: Connection, case: Case) -> bytes:
    # Each change of a name, sex, birth date or number is a revision of the attribution: the digest holds nothing of a
    # person that could be guessed from it.
    said = basis.identity(tx, case)
    studies = [{key: study[key] for key in ("study_uid", "attribution_revision")} for study in said["studies"]]
    judged = {"differs": case.identity is Identity.DIFFERS}
    return hashlib.sha256(canonical({**said, **judged, "studies": studies})).digest()
