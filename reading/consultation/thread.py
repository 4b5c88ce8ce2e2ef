"""What is shown of consultations: one with its thread, those of a case, and somebody's own."""

from __future__ import annotations

from dataclasses import dataclass

from reading.access.consultations import open_consultation, open_consultations_of, open_own_consultations
from reading.actions import Action
from reading.cases import cases
from reading.consultation import colleagues, consultation_rows
from reading.consultation.consultation_rows import Colleague, Consultation, Invitation, Opinion
from reading.consultation.moves import InvitationState, State
from reading.context import Context
from reading.viewers import Staff

MOST = 50


@dataclass(frozen=True, kw_only=True)
class Thread:
    """A consultation as one person sees it."""

    consultation: Consultation
    asker: Colleague
    invitations: tuple[Invitation, ...]
    opinions: tuple[Opinion, ...]
    priors: tuple[str, ...]
    """The ids of the earlier cases that it names."""
    asks: bool
    """They asked, or end it for somebody who asks no longer."""
    may_speak: bool
    may_decline: bool


def thread(ctx: Context[Staff], consultation_id: str) -> Thread:
    """A consultation with everything that was said; the look is on record.

    Raises:
        NotThere: no such consultation, or not theirs to see (any longer).

    """
    return _thread(ctx, consultation_rows.from_row(open_consultation(ctx, consultation_id, Action.CONSULTATION_OPEN)))


def own(ctx: Context[Staff]) -> list[Thread]:
    """The consultations in which somebody asks or is asked, the newest first."""
    rows = open_own_consultations(ctx, Action.CONSULTATION_LIST, limit=MOST)
    return [_thread(ctx, consultation_rows.from_row(row)) for row in rows]


def of_case(ctx: Context[Staff], case_id: str) -> list[Thread]:
    """The consultations about a case, the newest first; somebody who is asked is shown their own alone."""
    rows = open_consultations_of(ctx, case_id, Action.CONSULTATION_OPEN)
    return [_thread(ctx, consultation_rows.from_row(row)) for row in rows]


def _thread(ctx: Context[Staff], found: Consultation) -> Thread:
    invitations = consultation_rows.invitations(ctx.tx, found.id)
    mine = next((one for one in invitations if one.colleague.person_id == ctx.who.person_id), None)
    stands = mine is not None and mine.ended_at is None and found.shows_the_case(ctx.now)
    asks = colleagues.acts_for(ctx, found.asked_by, cases.by_id(ctx.tx, found.case_id))
    asked_it = asks and found.asked_by == ctx.who.person_id
    return Thread(
        consultation=found,
        asker=consultation_rows.asker(ctx.tx, found.id),
        invitations=tuple(invitations),
        opinions=tuple(consultation_rows.opinions(ctx.tx, found.id)),
        priors=tuple(consultation_rows.priors(ctx.tx, found.id)),
        asks=asks,
        may_speak=found.state is State.OPEN and (asked_it or stands),
        may_decline=stands and mine is not None and mine.state is InvitationState.INVITED,
    )
