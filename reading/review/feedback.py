"""Feedback: whoever wrote a report reads what its review said, always, and with the pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from reading import tables
from reading.access import looks, visibility
from reading.actions import Action
from reading.context import Context, without_door
from reading.errors import NotThere
from reading.review import arbitration, review
from reading.review.review import Review
from reading.review.scores import Score, settled
from reading.viewers import Staff

MOST = 200


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """What was said of one report; who said it is not: scores are there to learn from."""

    review: Review
    score: Score | None
    """The score that counts; None while a third person is to look at it."""
    modality: str
    body_part: str
    received_at: datetime
    read_at: datetime | None


@without_door("It names examinations alone, of cases that they may see, and records each as looked at.")
def to_author(ctx: Context[Staff]) -> list[Feedback]:
    """What was said of this person's reports, the newest first, as far as they may still see the cases."""
    review_, case = tables.review, tables.case
    rows = ctx.tx.execute(
        sa.select(review_, case.c.modality, case.c.body_part, case.c.received_at)
        .join(case, case.c.id == review_.c.case_id)
        .where(review_.c.author_id == ctx.who.person_id, visibility.visible_cases(ctx.tx, ctx.who, ctx.now))
        .order_by(review_.c.at.desc(), review_.c.id.desc())
        .limit(MOST)
    ).all()
    arbitrated = arbitration.score_of(ctx.tx, [row.id for row in rows])
    looks.record_looks(ctx, Action.REVIEW_LIST, "case", sorted({row.case_id for row in rows}))
    return [
        Feedback(
            review=found,
            score=settled(found.score, arbitrated.get(found.id), awaits=found.awaits_arbitration),
            modality=row.modality,
            body_part=row.body_part,
            received_at=row.received_at,
            read_at=row.seen_at,
        )
        for row, found in ((row, review.from_row(row)) for row in rows)
    ]


@without_door("It touches a mark of their own and shows nothing.")
def mark_read(ctx: Context[Staff], review_id: str) -> None:
    """Note that the author has read what was said; a second time changes nothing.

    Raises:
        NotThere: no such review of a report of theirs.

    """
    review_ = tables.review
    own = (review_.c.id == review_id) & (review_.c.author_id == ctx.who.person_id)
    if ctx.tx.scalar(sa.select(review_.c.id).where(own)) is None:
        raise NotThere
    ctx.tx.execute(sa.update(review_).where(own, review_.c.seen_at.is_(None)).values(seen_at=ctx.now))
