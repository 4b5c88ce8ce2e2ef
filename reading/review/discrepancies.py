"""Discrepancies: clinicians say that a final report does not fit the patient, and a third person judges it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox
from reading.access import door, looks, visibility
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import HIDDEN, SigningRole
from reading.context import Context, without_door
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.kinds import Role
from reading.register.grants import may_act
from reading.reports import versions
from reading.reports.versions import ReportVersion
from reading.review import third_person
from reading.review.discrepancy_moves import JUDGED, Move, Reason, State, after, move_of
from reading.review.scores import GIVEN, Score
from reading.tables import case as case_table
from reading.tables import discrepancy
from reading.texts import checked
from reading.viewers import Staff
from storage.ids import new_id

LONGEST: Final = 1000
LONGEST_EVIDENCE: Final = 4000
MOST: Final = 200
"""Most of one list."""


@dataclass(frozen=True, kw_only=True)
class Discrepancy:
    """What a clinician found, and what became of it."""

    id: str
    case_id: str
    version_id: str
    """The final version that it is about."""
    author_id: str
    reason: Reason
    words: str = field(repr=False)
    evidence: str = field(repr=False)
    """What the operation, the pathologist or the other examination said; empty where nobody wrote it."""
    state: State
    raised_by: str
    raised_at: datetime
    judged_by: str | None
    ended_at: datetime | None
    score: Score | None
    """On the scale of reviews (RADPEER); None until it is judged."""
    comment: str = field(repr=False)
    """Of whoever judged it, or took it back."""
    read_at: datetime | None
    """When the author read what was said."""
    revision: int


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A discrepancy with the examination that it is about; nothing of the person."""

    found: Discrepancy
    modality: str
    body_part: str
    received_at: datetime
    may_judge: bool = False


def raise_discrepancy(
    ctx: Context[Staff], case_id: str, *, reason: Reason, words: str, evidence: str = "", seen: str
) -> Discrepancy:
    """Say that the final report of a case of their own site does not fit; ``seen`` is the version on their screen.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they treat nobody at its site.
        MoveNotAllowed: it has no final report.
        Stale: another version is the final one now.
        Invalid: no words, too many, or one is open about this report already.

    """
    case = door.open_case(ctx, case_id, Action.CASE_OPEN)
    grant = may_act(ctx.tx, ctx.who, Role.CLINICIAN, case.site_id, ctx.now)
    if grant is None:
        raise NotAllowed("no_role_for_this_step")
    case = cases.lock(ctx.tx, case_id)
    final = versions.final(ctx.tx, case_id)
    if final is None:
        raise MoveNotAllowed(case.state, "discrepancy")
    if final.id != seen:
        raise Stale(final.number)
    said = checked("words", words, longest=LONGEST, required=True, lines=True)
    proof = checked("evidence", evidence, longest=LONGEST_EVIDENCE, lines=True)
    row = discrepancy.c
    if ctx.tx.scalar(sa.select(row.id).where(row.version_id == final.id, row.state == State.OPEN).limit(1)) is not None:
        raise Invalid("words", "raised_already")
    made = new_id()
    ctx.tx.execute(
        sa.insert(discrepancy),
        {
            "id": made,
            "case_id": case_id,
            "version_id": final.id,
            "author_id": _author(ctx.tx, final),
            "reason": reason,
            "words": said,
            "evidence": proof,
            "state": State.OPEN,
            "raised_by": ctx.who.person_id,
            "grant_id": grant.id,
            "raised_at": ctx.now,
        },
    )
    _record(ctx, Action.DISCREPANCY_RAISE, made, case_id)
    outbox.post(ctx.tx, "discrepancy.raised", made, {"case_id": case_id}, ctx.now)
    return _by_id(ctx.tx, made)


def withdraw(ctx: Context[Staff], discrepancy_id: str, *, why: str, seen: int) -> None:
    """Take a discrepancy back that their site raised.

    Raises:
        NotThere: no such discrepancy, or of a case that they may not see.
        NotAllowed: they treat nobody at its site.
        MoveNotAllowed: it is judged or was taken back.
        Stale: it has changed since its revision ``seen``.
        Invalid: no reason was given.

    """
    case = _open(ctx, discrepancy_id)
    if may_act(ctx.tx, ctx.who, Role.CLINICIAN, case.site_id, ctx.now) is None:
        raise NotAllowed("no_role_for_this_step")
    _end(ctx, discrepancy_id, Move.WITHDRAW, Action.DISCREPANCY_WITHDRAW, seen=seen, comment=cases.reason(why))


def judge(ctx: Context[Staff], discrepancy_id: str, *, score: Score, comment: str, seen: int) -> None:
    """Say as a third person what the report missed, on the scale of reviews: 1 agrees with the report.

    The author reads it afterwards, and the site is told. Nothing changes in the report: its reader adds to it.

    Raises:
        NotThere: no such discrepancy, or of a case that they may not see.
        NotAllowed: they do not review for the site, have signed or reviewed a version of the report, or raised it.
        MoveNotAllowed: it is judged or was taken back.
        Stale: it has changed since its revision ``seen``.
        Invalid: the score is not one of today's scale, or nothing was written.

    """
    case = _open(ctx, discrepancy_id)
    third_person.check(ctx, case, doubted_by=_by_id(ctx.tx, discrepancy_id).raised_by)
    if score not in GIVEN:
        raise Invalid("score", "unknown")
    said = checked("comment", comment, longest=LONGEST, required=True, lines=True)
    _end(ctx, discrepancy_id, move_of(score), Action.DISCREPANCY_JUDGE, seen=seen, comment=said, score=score)


@without_door("It names examinations alone, of cases that they may see, and records each as looked at.")
def waiting(ctx: Context[Staff]) -> list[Listed]:
    """The open discrepancies of the sites that they review or whose quality they manage, the oldest first.

    Whoever signed the report is not shown what waits for a third person.
    """
    who, site = ctx.who.person_id, case_table.c.site_id
    open_ = open_to(ctx.who)
    every = ctx.tx.scalars(_asked(ctx, open_).with_only_columns(site).distinct()).all()
    reviewed, managed = (third_person.sites_for(ctx, role, every) for role in (Role.REVIEWER, Role.QUALITY_MANAGER))
    oldest = _asked(ctx, open_ & site.in_(reviewed | managed)).order_by(discrepancy.c.raised_at, discrepancy.c.id)
    return _on_record(
        ctx,
        [
            _line(row, may_judge=row.site_id in reviewed and row.raised_by != who)
            for row in ctx.tx.execute(oldest.limit(MOST))
        ],
    )


def open_to(who: Staff) -> sa.ColumnElement[bool]:
    """The condition that a discrepancy waits for a third person, and that this one has signed nothing of its case."""
    hidden = sa.exists().where(case_table.c.id == discrepancy.c.case_id, case_table.c.state.in_(HIDDEN))
    signed = third_person.has_signed(who.person_id, discrepancy.c.case_id)
    return (discrepancy.c.state == State.OPEN) & ~signed & ~hidden.correlate(discrepancy)


def judged_of(who: Staff) -> sa.ColumnElement[bool]:
    """The condition that a discrepancy was judged, of a report of this person's."""
    judged = sa.or_(*(discrepancy.c.state == state for state in sorted(JUDGED)))
    return (discrepancy.c.author_id == who.person_id) & judged


@without_door("It names examinations alone, of cases that they may see, and records each as looked at.")
def to_author(ctx: Context[Staff]) -> list[Listed]:
    """What was judged of this person's reports, the newest first, as far as they may still see the cases."""
    newest = _asked(ctx, judged_of(ctx.who)).order_by(discrepancy.c.raised_at.desc(), discrepancy.c.id)
    return _on_record(ctx, [_line(row) for row in ctx.tx.execute(newest.limit(MOST))])


@without_door("It touches a mark of their own and shows nothing.")
def mark_read(ctx: Context[Staff], discrepancy_id: str) -> None:
    """Note that the author has read what was said; a second time changes nothing.

    Raises:
        NotThere: nothing that was judged of a report of theirs.

    """
    row = discrepancy.c
    own = (row.id == discrepancy_id) & (row.author_id == ctx.who.person_id) & (row.score.is_not(None))
    if ctx.tx.scalar(sa.select(row.id).where(own)) is None:
        raise NotThere
    ctx.tx.execute(sa.update(discrepancy).where(own, row.read_at.is_(None)).values(read_at=ctx.now))


def of_case(tx: Connection, case_id: str) -> list[Discrepancy]:
    """The discrepancies of a case, the newest first; for callers that have passed `reading.access`."""
    rows = tx.execute(
        sa.select(discrepancy).where(discrepancy.c.case_id == case_id).order_by(discrepancy.c.raised_at.desc())
    )
    return [_from_row(row) for row in rows]


def may_raise(tx: Connection, staff: Staff, case: Case, now: datetime) -> bool:
    """Whether they treat patients at the site of a case."""
    return may_act(tx, staff, Role.CLINICIAN, case.site_id, now) is not None


def _open(ctx: Context[Staff], discrepancy_id: str) -> Case:
    case_id = ctx.tx.scalar(sa.select(discrepancy.c.case_id).where(discrepancy.c.id == discrepancy_id))
    if case_id is None:
        raise NotThere
    return door.open_case(ctx, case_id, Action.CASE_OPEN)


def _end(
    ctx: Context[Staff],
    discrepancy_id: str,
    move: Move,
    action: Action,
    *,
    seen: int,
    comment: str,
    score: Score | None = None,
) -> None:
    row = discrepancy.c
    ctx.tx.execute(sa.select(row.id).where(row.id == discrepancy_id).with_for_update())
    found = _by_id(ctx.tx, discrepancy_id)
    state = after(found.state, move)
    if found.revision != seen:
        raise Stale(found.revision)
    values = {
        "state": state,
        "judged_by": ctx.who.person_id if score is not None else None,
        "ended_at": ctx.now,
        "score": score,
        "comment": comment,
        "revision": found.revision + 1,
    }
    ctx.tx.execute(sa.update(discrepancy).where(row.id == discrepancy_id).values(**values))
    _record(ctx, action, discrepancy_id, found.case_id)
    outbox.post(ctx.tx, f"discrepancy.{state}", discrepancy_id, {"case_id": found.case_id}, ctx.now)


def _author(tx: Connection, version: ReportVersion) -> str:
    """Whoever wrote the report: the author, else the first who signed what was released."""
    found = versions.signatures_for(tx, version)
    return next((one.person_id for one in found if one.role is SigningRole.AUTHOR), found[0].person_id)


def _asked(ctx: Context[Staff], condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    case = case_table.c
    return (
        sa.select(discrepancy, case.modality, case.body_part, case.received_at, case.site_id)
        .join(case_table, case.id == discrepancy.c.case_id)
        .where(condition, visibility.visible_cases(ctx.tx, ctx.who, ctx.now))
    )


def _on_record(ctx: Context[Staff], found: Sequence[Listed]) -> list[Listed]:
    looks.record_looks(ctx, Action.DISCREPANCY_LIST, "case", sorted({one.found.case_id for one in found}))
    return list(found)


def _record(ctx: Context[Staff], action: Action, discrepancy_id: str, case_id: str) -> None:
    ctx.record(action=action, subject_kind="case", subject_id=case_id, details={"discrepancy": discrepancy_id})


def _by_id(tx: Connection, discrepancy_id: str) -> Discrepancy:
    return _from_row(tx.execute(sa.select(discrepancy).where(discrepancy.c.id == discrepancy_id)).one())


def _line(row: sa.Row[Any], *, may_judge: bool = False) -> Listed:
    return Listed(
        found=_from_row(row),
        modality=row.modality,
        body_part=row.body_part,
        received_at=row.received_at,
        may_judge=may_judge,
    )


def _from_row(row: sa.Row[Any]) -> Discrepancy:
    return Discrepancy(
        id=row.id,
        case_id=row.case_id,
        version_id=row.version_id,
        author_id=row.author_id,
        reason=Reason(row.reason),
        words=row.words,
        evidence=row.evidence,
        state=State(row.state),
        raised_by=row.raised_by,
        raised_at=row.raised_at,
        judged_by=row.judged_by,
        ended_at=row.ended_at,
        score=None if row.score is None else Score(row.score),
        comment=row.comment,
        read_at=row.read_at,
        revision=row.revision,
    )
