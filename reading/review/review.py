"""The city's review: a score on the RADPEER scale and the difference between the versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox, tables
from reading.access import door
from reading.actions import Action
from reading.cases import cases, history
from reading.cases.cases import Case
from reading.cases.moves import SIGNS_AS, Move, SigningRole, State, Step, only_role
from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, Stale
from reading.kinds import Tier
from reading.queue import claiming, leases
from reading.reports import versions
from reading.reports.content import Content
from reading.reports.seal import Seal
from reading.reports.versions import ReportVersion
from reading.review.scores import ARBITRATED, GIVEN, Score
from reading.rules import case_rule
from reading.signing import release, signatures
from reading.signing.basis import Screen
from reading.texts import storable
from reading.viewers import Staff
from storage.ids import new_id

_REVIEWED: Final = frozenset({Move.AGREE, Move.AMEND, Move.SEND_BACK})


class Outcome(StrEnum):
    AGREE = "agree"
    AMEND = "amend"
    SEND_BACK = "send_back"


@dataclass(frozen=True, kw_only=True)
class Review:
    id: str
    case_id: str
    read_version_id: str
    review_version_id: str | None
    """The version that carries the reviewer's signature; None when it was sent back."""
    reviewer_id: str
    author_id: str
    outcome: Outcome
    score: Score | None
    awaits_arbitration: bool
    """A third person has to look at the score before it counts."""
    difference: Mapping[str, Any]
    """Field to ``{"from": ..., "to": ...}``, for the fields that the review changed."""
    comment: str
    at: datetime


def review(
    ctx: Context[Staff],
    seal: Seal,
    case_id: str,
    *,
    outcome: Outcome,
    score: Score | None,
    comment: str,
    content: Content | None,
    screen: Screen,
    lease_revision: int,
) -> Review:
    """Close a review: agree and sign, amend and sign, or send back with the reason.

    A reviewed version that was released before stays what it is when the reviewer agrees; an amendment
    replaces it at once; sent back, it stands until the new reading has its signatures.

    Raises:
        Stale: lease or images have changed since they were shown.
        NotAllowed: they acted in another role, or a series was never shown.
        Invalid: a score is missing, agreement comes with changes or the score of a miss, or an amendment without any.

    """
    case, grant = leases.hold(ctx, case_id, Step.REVIEW, lease_revision)
    read = versions.current(ctx.tx, case_id)
    if read is None:
        raise Stale(None)
    _check(outcome, score, comment, content, read)
    only_role(SIGNS_AS[Step.REVIEW], cases.roles_of(ctx.tx, case_id, ctx.who.person_id))
    author_id = _author(ctx.tx, read)
    signed: ReportVersion | None = None
    if outcome is Outcome.SEND_BACK:
        tier = case_rule.home_tier(ctx.tx, case)
        leases.let_go(ctx, case, Move.SEND_BACK, grant=grant, why=comment.strip(), tier=tier)
    else:
        signed = signatures.endorse(ctx, seal, grant, case, content=content, screen=screen)
        case = signatures.alarm(ctx, signed, changed=content is not None)
        move = Move.AGREE if outcome is Outcome.AGREE else Move.AMEND
        release.release(ctx, seal, case, signed, move=move, grant=grant)
    made = Review(
        id=new_id(),
        case_id=case_id,
        read_version_id=read.id,
        review_version_id=signed.id if signed else None,
        reviewer_id=ctx.who.person_id,
        author_id=author_id,
        outcome=outcome,
        score=score,
        awaits_arbitration=score in ARBITRATED,
        difference=difference(read.content, content) if content else {},
        comment=comment.strip(),
        at=ctx.now,
    )
    _write(ctx.tx, made)
    outbox.post(
        ctx.tx, "review.made", made.id, {"case_id": case_id, "person_id": author_id, "outcome": outcome}, ctx.now
    )
    return made


def dispute(ctx: Context[Staff], case_id: str, *, why: str, seen: int | None = None) -> Case:
    """Dispute an amendment as the author; somebody who has not acted on the case yet decides.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: the newest review did not amend a report of theirs, or decided a dispute.
        MoveNotAllowed: the case is not final.
        Stale: it has changed since its revision ``seen``.

    """
    door.open_case(ctx, case_id, Action.REVIEW_DISPUTE)
    case = cases.lock(ctx.tx, case_id, seen=seen)
    if case.state is not State.FINAL:
        raise MoveNotAllowed(case.state, Move.DISPUTE)
    reviews = of_case(ctx.tx, case_id)
    if not _amends_theirs(reviews, ctx.who):
        raise NotAllowed("only_the_author_disputes_an_amendment")
    if _decided_a_dispute(ctx.tx, case_id):
        raise NotAllowed("a_dispute_is_decided_once")
    grant = claiming.grant_for(ctx.tx, ctx.who, Step.READ, case, case_rule.home_tier(ctx.tx, case), now=ctx.now)
    return cases.move(ctx, case, Move.DISPUTE, grant=grant, why=cases.reason(why), tier=Tier.CITY)


def is_disputable(tx: Connection, staff: Staff, case: Case, reviews: Sequence[Review]) -> bool:
    """Whether they may dispute the newest of the reviews of a case, the oldest first."""
    if case.state is not State.FINAL or not _amends_theirs(reviews, staff):
        return False
    return not _decided_a_dispute(tx, case.id)


def _amends_theirs(reviews: Sequence[Review], staff: Staff) -> bool:
    return bool(reviews) and reviews[-1].outcome is Outcome.AMEND and reviews[-1].author_id == staff.person_id


def _decided_a_dispute(tx: Connection, case_id: str) -> bool:
    """Whether the newest review decided a dispute; one that was withheld or sent back and read anew decided none."""
    disputed = decided = False
    for made in history.moves_of(tx, case_id):
        if made.move is Move.DISPUTE:
            disputed = True
        elif made.from_state is State.REVIEWING and made.move in _REVIEWED:
            decided, disputed = disputed, False
        elif made.to_state is State.WAITING_READ:
            disputed = False
    return decided


def of_case(tx: Connection, case_id: str) -> list[Review]:
    """All reviews of a case, the oldest first."""
    review_ = tables.review
    rows = tx.execute(sa.select(review_).where(review_.c.case_id == case_id).order_by(review_.c.at, review_.c.id))
    return [from_row(row) for row in rows]


def by_id(tx: Connection, review_id: str) -> Review | None:
    row = tx.execute(sa.select(tables.review).where(tables.review.c.id == review_id)).one_or_none()
    return None if row is None else from_row(row)


def difference(old: Content, new: Content) -> dict[str, Any]:
    """The fields in which two contents differ."""
    before, after = old.to_json(), new.to_json()
    return {
        field: {"from": before.get(field), "to": after.get(field)}
        for field in {**before, **after}
        if before.get(field) != after.get(field)
    }


def _check(outcome: Outcome, score: Score | None, comment: str, content: Content | None, read: ReportVersion) -> None:
    if len(comment) > 1000:
        raise Invalid("comment", "too_long")
    storable("comment", comment)
    if outcome is Outcome.AGREE and content is not None and content != read.content:
        raise Invalid("report", "agreement_changes_nothing")
    if outcome is Outcome.AMEND and (content is None or content == read.content):
        raise Invalid("report", "amendment_changes_something")
    if outcome is not Outcome.AGREE and score is None:
        raise Invalid("score", "required")
    if score is not None and score not in GIVEN:
        raise Invalid("score", "unknown")
    if outcome is Outcome.AGREE and score not in {None, Score.CONCUR}:
        raise Invalid("score", "agreement_misses_nothing")
    if outcome is Outcome.SEND_BACK and not comment.strip():
        raise Invalid("comment", "required")


def _author(tx: Connection, version: ReportVersion) -> str:
    signed = versions.signatures_for(tx, version)
    return next(signature.person_id for signature in signed if signature.role is SigningRole.AUTHOR)


def _write(tx: Connection, made: Review) -> None:
    tx.execute(
        sa.insert(tables.review),
        {
            "id": made.id,
            "case_id": made.case_id,
            "read_version_id": made.read_version_id,
            "review_version_id": made.review_version_id,
            "reviewer_id": made.reviewer_id,
            "author_id": made.author_id,
            "outcome": made.outcome,
            "score": made.score,
            "awaits_arbitration": made.awaits_arbitration,
            "difference": dict(made.difference),
            "comment": made.comment,
            "at": made.at,
        },
    )


def from_row(row: sa.Row[Any]) -> Review:
    return Review(
        id=row.id,
        case_id=row.case_id,
        read_version_id=row.read_version_id,
        review_version_id=row.review_version_id,
        reviewer_id=row.reviewer_id,
        author_id=row.author_id,
        outcome=Outcome(row.outcome),
        score=Score(row.score) if row.score else None,
        awaits_arbitration=row.awaits_arbitration,
        difference=row.difference,
        comment=row.comment,
        at=row.at,
    )
