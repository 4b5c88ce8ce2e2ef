"""The rows of cases; a case changes its state only by a move, in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.cases import history
from reading.cases.identity_moves import Identity
from reading.cases.moves import STEP_OF, WAITING, Move, SigningRole, State, Step, after
from reading.context import Context, Who, without_door
from reading.errors import Invalid, NotThere, Stale
from reading.kinds import Priority, Tier
from reading.texts import storable
from reading.viewers import RoleGrant
from storage.tables import study


@dataclass(frozen=True, kw_only=True)
class Case:
    id: str
    site_id: str
    patient_id: str | None
    """None until somebody knows whose images they are."""
    state: State
    tier: Tier
    step: Step
    arriving: bool
    priority: Priority
    modality: str
    body_part: str
    laterality: str
    critical: bool
    policy_id: str
    rule: str
    examined_at: datetime
    received_at: datetime
    due_at: datetime
    clock_wrong: bool
    """The device's clock was more than five minutes ahead, so examined_at is when we received it."""
    revision: int
    arriving_since: datetime | None = None
    """When the present round of arriving began; None where that was the first instance."""
    identity: Identity = Identity.UNCHECKED
    other_persons: int = 0
    """How many shown images named another person than their study, when they were last compared."""
    facts_at: datetime | None = None
    """Which facts of the person they were compared with (`Patient.facts_at`)."""
    look_at: datetime | None = None
    """When the worker looks at it next while it waits (`reading.overdue.rerouting`) or awaits earlier images
    (`reading.intake.awaiting`); None where there is nothing to look for."""
    skills: str = ""
    """What its reader has to have (`reading.rules.staffing.asked`); empty once it waits for that no longer."""
    skills_until: datetime | None = None
    by_two: bool = False
    """Two people read it blind by its rule, or would without a flag."""
    countersign_at: str | None = None
    """The organisation whose attendings countersign the report of a resident that waits for them."""

    @property
    def is_of_breasts(self) -> bool:
        """Whether a recall says of which breast it is."""
        return self.modality == "MG" or self.body_part == "BREAST"


def by_id(tx: Connection, case_id: str) -> Case:
    """The case, for callers that have passed `reading.access`.

    Raises:
        NotThere: no such case.

    """
    row = tx.execute(sa.select(tables.case).where(tables.case.c.id == case_id)).one_or_none()
    if row is None:
        raise NotThere
    return from_row(row)


def by_ids(tx: Connection, case_ids: Iterable[str]) -> dict[str, Case]:
    """The existing cases among these ids, for callers that have passed `reading.access`."""
    wanted = set(case_ids)
    rows = tx.execute(sa.select(tables.case).where(tables.case.c.id.in_(wanted))) if wanted else ()
    return {row.id: from_row(row) for row in rows}


def is_one_of(tx: Connection, case_id: str, condition: sa.ColumnElement[bool]) -> bool:
    """Whether a case meets a condition on the table ``case``."""
    return tx.scalar(sa.select(sa.literal(1)).where(tables.case.c.id == case_id, condition)) is not None


def lock(tx: Connection, case_id: str, *, seen: int | None = None) -> Case:
    """The case, locked until the transaction ends: whoever changes anything of a case takes this lock first.

    ``seen`` is the revision on the screen of the person who acts; None for the system, and where the act has read
    the case in this transaction.

    Raises:
        NotThere: no such case.
        Stale: it has changed since ``seen``.

    """
    row = tx.execute(sa.select(tables.case).where(tables.case.c.id == case_id).with_for_update()).one_or_none()
    if row is None:
        raise NotThere
    return unchanged(from_row(row), seen)


def unchanged(case: Case, seen: int | None) -> Case:
    """The case, where it still has the revision ``seen``; None compares nothing.

    Raises:
        Stale: it has changed since.

    """
    if seen is not None and case.revision != seen:
        raise Stale(case.revision)
    return case


def of_study(tx: Connection, study_uid: str) -> Case | None:
    row = tx.execute(
        sa.select(tables.case)
        .join(tables.case_study, tables.case_study.c.case_id == tables.case.c.id)
        .where(tables.case_study.c.study_uid == study_uid)
    ).one_or_none()
    return None if row is None else from_row(row)


def studies_without(tx: Connection, limit: int) -> list[str]:
    """Studies that show images and have no case yet, the longest waiting first."""
    missing = (
        sa.select(study.c.study_uid)
        .outerjoin(tables.case_study, tables.case_study.c.study_uid == study.c.study_uid)
        .where(tables.case_study.c.study_uid.is_(None), study.c.instances > 0)
        .order_by(study.c.last_received_at)
        .limit(limit)
    )
    return list(tx.scalars(missing))


def study_uids(tx: Connection, case_id: str) -> tuple[str, ...]:
    """The studies of a case in the order in which they joined it."""
    joined = tables.case_study
    statement = sa.select(joined.c.study_uid).where(joined.c.case_id == case_id)
    return tuple(tx.scalars(statement.order_by(joined.c.joined_at, joined.c.study_uid)))


@without_door("A received study has a case before anybody could open it.")
def create(ctx: Context[Who], case: Case, study_uid: str) -> Case:
    """Write a new case with its first study and its first move."""
    ctx.tx.execute(sa.insert(tables.case), _values(case))
    join_study(ctx.tx, case.id, study_uid, ctx.now)
    history.record_move(ctx, case.id, Move.ARRIVE, case.state, grant=None)
    return case


def join_study(tx: Connection, case_id: str, study_uid: str, now: datetime) -> None:
    tx.execute(sa.insert(tables.case_study), {"case_id": case_id, "study_uid": study_uid, "joined_at": now})


def join_procedures(tx: Connection, case_id: str, procedure_ids: Iterable[str], now: datetime) -> None:
    known = set(
        tx.scalars(sa.select(tables.case_procedure.c.procedure_id).where(tables.case_procedure.c.case_id == case_id))
    )
    rows = [{"case_id": case_id, "procedure_id": each, "joined_at": now} for each in procedure_ids if each not in known]
    if rows:
        tx.execute(sa.insert(tables.case_procedure), rows)


def leave_procedures(tx: Connection, case_id: str, procedure_ids: Collection[str]) -> list[str]:
    """Detach procedures from a case; answers those of them that no other case has either.

    The attribution of its studies and the audit still tell that the case had them.
    """
    joined = tables.case_procedure
    mine = list(
        tx.scalars(
            sa.select(joined.c.procedure_id).where(
                joined.c.case_id == case_id, joined.c.procedure_id.in_(procedure_ids)
            )
        )
    )
    tx.execute(sa.delete(joined).where(joined.c.case_id == case_id, joined.c.procedure_id.in_(mine)))
    others = set(tx.scalars(sa.select(joined.c.procedure_id).where(joined.c.procedure_id.in_(mine))))
    return [one for one in mine if one not in others]


@without_door("A part of an act that has opened the case, or of the system's step.")
def move(
    ctx: Context[Who],
    case: Case,
    made: Move,
    *,
    grant: RoleGrant | None,
    why: str = "",
    tier: Tier | None = None,
    countersign_at: str | None = None,
) -> Case:
    """Move a case by the table of moves, under the grant of the person who moves it (None: the system).

    ``countersign_at`` is kept until the case leaves the step of verifying.

    Raises:
        MoveNotAllowed: not from this state.
        Stale: the case has changed since ``case`` was read.

    """
    state = after(case.state, made)
    moved = change(
        ctx.tx,
        case,
        state=state,
        step=STEP_OF.get(state, case.step),
        countersign_at=(countersign_at or case.countersign_at) if STEP_OF.get(state) is Step.VERIFY else None,
        tier=tier or case.tier,
        look_at=ctx.now if state in WAITING | {State.AWAITING_PRIORS} else None,
    )
    history.record_move(ctx, case.id, made, moved.state, grant=grant, why=why)
    return moved


def change(tx: Connection, case: Case, **values: Any) -> Case:
    """Change fields of a case if it still has the revision of ``case``.

    Raises:
        Stale: the case has changed since ``case`` was read.

    """
    changed = replace(case, **values, revision=case.revision + 1)
    before = _values(case)
    # What stays is not written: each column of an index that is named makes its entry anew.
    other = {name: value for name, value in _values(changed).items() if value != before[name]}
    done = tx.execute(
        sa.update(tables.case).where(tables.case.c.id == case.id, tables.case.c.revision == case.revision).values(other)
    )
    if done.rowcount != 1:
        raise Stale(by_id(tx, case.id).revision)
    return changed


def uncompare(tx: Connection, condition: sa.ColumnElement[bool]) -> None:
    """Close the cases that fulfil a condition on ``case`` to their patients until their images are compared again."""
    locked = sa.select(tables.case.c.id).where(condition).order_by(tables.case.c.id).with_for_update()
    ids = tx.scalars(locked).all()
    tx.execute(sa.update(tables.case).where(tables.case.c.id.in_(ids)).values(identity=Identity.UNCHECKED))


def reason(why: str) -> str:
    """The reason that a person gave, trimmed.

    Raises:
        Invalid: it is blank or too long.

    """
    if not why.strip():
        raise Invalid("why", "required")
    if len(why) > 1000:
        raise Invalid("why", "too_long")
    return storable("why", why.strip())


def roles_of(tx: Connection, case_id: str, person_id: str) -> frozenset[SigningRole]:
    """The roles in which a person has signed or reviewed any version of the case."""
    version, signature, review = tables.report_version, tables.signature, tables.review
    signed = tx.scalars(
        sa.select(signature.c.role)
        .join(version, version.c.id == signature.c.version_id)
        .where(version.c.case_id == case_id, signature.c.person_id == person_id)
    )
    reviewed = tx.scalar(
        sa.select(sa.literal(1)).where(review.c.case_id == case_id, review.c.reviewer_id == person_id).limit(1)
    )
    return frozenset(map(SigningRole, signed)) | (frozenset({SigningRole.REVIEWER}) if reviewed else frozenset())


def queue_rank(priority: Priority, *, critical: bool) -> int:
    """Place of a case in every list, 0 the first: a critical case stands with the urgent ones, whatever was ordered."""
    return min(priority.rank, Priority.URGENT.rank) if critical else priority.rank


def from_row(row: sa.Row[Any]) -> Case:
    """The case in a row that holds the columns of the table ``case``."""
    return Case(
        id=row.id,
        site_id=row.site_id,
        patient_id=row.patient_id,
        state=State(row.state),
        tier=Tier(row.tier),
        step=Step(row.step),
        arriving=row.arriving,
        priority=Priority(row.priority),
        modality=row.modality,
        body_part=row.body_part,
        laterality=row.laterality,
        critical=row.critical,
        policy_id=row.policy_id,
        rule=row.rule,
        examined_at=row.examined_at,
        received_at=row.received_at,
        due_at=row.due_at,
        clock_wrong=row.clock_wrong,
        revision=row.revision,
        arriving_since=row.arriving_since,
        identity=Identity(row.identity),
        other_persons=row.other_persons,
        facts_at=row.facts_at,
        look_at=row.look_at,
        skills=row.skills,
        skills_until=row.skills_until,
        by_two=row.by_two,
        countersign_at=row.countersign_at,
    )


def _values(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "site_id": case.site_id,
        "patient_id": case.patient_id,
        "state": case.state,
        "tier": case.tier,
        "step": case.step,
        "arriving": case.arriving,
        "priority": case.priority,
        "rank": queue_rank(case.priority, critical=case.critical),
        "modality": case.modality,
        "body_part": case.body_part,
        "laterality": case.laterality,
        "critical": case.critical,
        "policy_id": case.policy_id,
        "rule": case.rule,
        "examined_at": case.examined_at,
        "received_at": case.received_at,
        "due_at": case.due_at,
        "clock_wrong": case.clock_wrong,
        "arriving_since": case.arriving_since,
        "identity": case.identity,
        "other_persons": case.other_persons,
        "facts_at": case.facts_at,
        "look_at": case.look_at,
        "skills": case.skills,
        "skills_until": case.skills_until,
        "by_two": case.by_two,
        "countersign_at": case.countersign_at,
        "revision": case.revision,
    }
