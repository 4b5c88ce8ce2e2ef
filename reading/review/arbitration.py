"""Arbitration of a score: a third reviewer looks at it before it counts, and before its author sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox, tables
from reading.access import door, looks, visibility
from reading.actions import Action
from reading.context import Context, without_door
from reading.errors import Invalid, NotThere, Stale
from reading.kinds import Role
from reading.review import review, third_person
from reading.review.review import Review
from reading.review.scores import GIVEN, Score
from reading.texts import storable
from reading.viewers import Staff
from storage.ids import new_id

LONGEST_COMMENT = 1000
MOST = 200
"""Most scores of one list; the oldest come first."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A score that waits for a third person."""

    review: Review
    modality: str
    body_part: str
    received_at: datetime


@without_door("It names examinations alone, of cases that they may see, and records each as looked at.")
def waiting(ctx: Context[Staff]) -> list[Waiting]:
    """The scores that this person may arbitrate, the oldest first: not their own, and of no report of theirs."""
    review_, case = tables.review, tables.case
    open_ = (
        sa.select(review_, case.c.modality, case.c.body_part, case.c.received_at)
        .join(case, case.c.id == review_.c.case_id)
        .where(open_to(ctx.who), visibility.visible_cases(ctx.tx, ctx.who, ctx.now))
    )
    every = ctx.tx.scalars(open_.with_only_columns(case.c.site_id).distinct()).all()
    sites = third_person.sites_for(ctx, Role.REVIEWER, every)
    oldest = open_.where(case.c.site_id.in_(sites)).order_by(review_.c.at, review_.c.id).limit(MOST)
    found = [
        Waiting(
            review=review.from_row(row), modality=row.modality, body_part=row.body_part, received_at=row.received_at
        )
        for row in ctx.tx.execute(oldest)
    ]
    looks.record_looks(ctx, Action.REVIEW_LIST, "case", sorted({one.review.case_id for one in found}))
    return found


def open_to(who: Staff) -> sa.ColumnElement[bool]:
    """The condition that a review's score waits for a third person, who may be this one where they review its site."""
    review_ = tables.review.c
    theirs = (review_.author_id == who.person_id) | (review_.reviewer_id == who.person_id)
    return review_.awaits_arbitration & ~theirs & ~third_person.has_signed(who.person_id, review_.case_id)


def arbitrate(ctx: Context[Staff], review_id: str, *, score: Score, comment: str) -> None:
    """Confirm a score or give another one, which counts from now on.

    Raises:
        NotThere: no such review, or of a case that they may not see.
        NotAllowed: they do not review for the site, or have signed or reviewed a version of the report.
        Invalid: the score is not one of today's scale, or another one comes without a reason.
        Stale: it was arbitrated in the meantime, or needs no arbitration.

    """
    found = review.by_id(ctx.tx, review_id)
    if found is None:
        raise NotThere
    case = door.open_case(ctx, found.case_id, Action.REVIEW_ARBITRATE)
    third_person.check(ctx, case, doubted_by=found.reviewer_id)
    if score not in GIVEN:
        raise Invalid("score", "unknown")
    if len(comment) > LONGEST_COMMENT:
        raise Invalid("comment", "too_long")
    storable("comment", comment)
    if score is not found.score and not comment.strip():
        raise Invalid("comment", "required")
    review_ = tables.review
    taken = sa.update(review_).where(review_.c.id == review_id, review_.c.awaits_arbitration)
    if not ctx.tx.execute(taken.values(awaits_arbitration=False)).rowcount:
        raise Stale(None)
    ctx.tx.execute(
        sa.insert(tables.score_arbitration),
        {
            "id": new_id(),
            "review_id": review_id,
            "arbiter_id": ctx.who.person_id,
            "score": score,
            "comment": comment.strip(),
            "at": ctx.now,
        },
    )
    outbox.post(
        ctx.tx,
        "review.arbitrated",
        review_id,
        {"case_id": case.id, "person_id": found.author_id, "score": score},
        ctx.now,
    )


def score_of(tx: Connection, review_ids: Sequence[str]) -> dict[str, Score]:
    """The arbiters' scores of these reviews, by the review's id."""
    arbitration = tables.score_arbitration
    rows = tx.execute(
        sa.select(arbitration.c.review_id, arbitration.c.score).where(arbitration.c.review_id.in_(review_ids))
    )
    return {row.review_id: Score(row.score) for row in rows}
