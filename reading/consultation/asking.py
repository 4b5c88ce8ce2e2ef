"""Asking colleagues about a case: invited, invited as well, taken back, and concluded by whoever asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from reading import outbox
from reading.access import blindness, door, priors
from reading.access.consultations import open_consultation
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.consultation import colleagues, consultation_rows
from reading.consultation.consultation_rows import Consultation
from reading.consultation.moves import InvitationMove, InvitationState, Move, State, after, invitation_after
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed, NotThere
from reading.register import organisations
from reading.tables import consultation, consultation_invitation, consultation_prior
from reading.texts import checked
from reading.viewers import RoleGrant, Staff
from storage.ids import new_id

LONGEST: Final = timedelta(days=30)
"""Whoever needs longer asks anew."""
MOST_ASKED: Final = 20
MOST_PRIORS: Final = 20


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, of whom, and until when they see the case."""

    words: str = field(repr=False)
    people: Sequence[str]
    """The ids of those asked."""
    until: datetime
    priors: Sequence[str] = ()
    """The ids of earlier cases of the same person that are shown with it."""


def ask(ctx: Context[Staff], case_id: str, question: Question) -> Consultation:
    """Show a case to colleagues of other institutions until a time, and ask them.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they hold no role with which somebody asks; it is open whose images they are; or two people read it
            blind, and what a colleague says would tell the other.
        Invalid: no question, an end that has passed or is too far, nobody or somebody who cannot be asked, an earlier
            case that is none of the same person or not theirs to see.

    """
    case = door.open_case(ctx, case_id, Action.CONSULTATION_ASK)
    grant = colleagues.asking_grant(ctx, case)
    if case.identity is Identity.DIFFERS:
        raise NotAllowed("identity_is_open")
    if blindness.is_nameless(ctx.tx, case):
        raise NotAllowed("nobody_is_asked_while_blind")
    words = checked("question", question.words, longest=2000, required=True, lines=True)
    if not ctx.now < question.until <= ctx.now + LONGEST:
        raise Invalid("until", "consultation_range")
    made = new_id()
    ctx.tx.execute(
        sa.insert(consultation),
        {
            "id": made,
            "case_id": case_id,
            "question": words,
            "asked_by": ctx.who.person_id,
            "grant_id": grant.id,
            "asked_at": ctx.now,
            "until": question.until,
            "state": State.OPEN,
            "took_part": [],
        },
    )
    named = _priors(ctx, case, question.priors)
    if named:
        ctx.tx.execute(sa.insert(consultation_prior), [{"consultation_id": made, "case_id": one} for one in named])
    _record(ctx, Action.CONSULTATION_ASK, case_id, made)
    _invite(ctx, made, case_id, question.people, grant=grant)
    return consultation_rows.lock(ctx.tx, made, seen=None)


def invite(ctx: Context[Staff], consultation_id: str, people: Sequence[str], *, seen: int) -> Consultation:
    """Ask further colleagues; they see what was said before.

    Raises:
        NotThere: no such consultation, or not theirs to see.
        NotAllowed: somebody else asked.
        Stale: it has changed since its revision ``seen``.
        MoveNotAllowed: it has ended.
        Invalid: nobody, or somebody who cannot be asked.

    """
    asked = _own(ctx, consultation_id, Action.CONSULTATION_INVITE, seen)
    after(asked.state, Move.INVITE)
    grant = colleagues.asking_grant(ctx, cases.by_id(ctx.tx, asked.case_id))
    _invite(ctx, consultation_id, asked.case_id, people, grant=grant)
    return changed(ctx, asked)


def remove(ctx: Context[Staff], consultation_id: str, person_id: str, *, seen: int) -> Consultation:
    """Take an invitation back: that person sees the case no longer, what they said stays.

    Raises:
        NotThere: no such consultation, or not theirs to see; or the person was not asked.
        NotAllowed: somebody else asked.
        Stale: it has changed since its revision ``seen``.
        MoveNotAllowed: the person declined, or was removed before.

    """
    asked = _own(ctx, consultation_id, Action.CONSULTATION_REMOVE, seen)
    end_invitation(ctx, asked, person_id, InvitationMove.REMOVE)
    _record(ctx, Action.CONSULTATION_REMOVE, asked.case_id, consultation_id, person=person_id)
    return changed(ctx, asked)


def withdraw(ctx: Context[Staff], consultation_id: str, *, why: str, seen: int) -> Consultation:
    """End a consultation whose question fell away.

    Raises:
        NotThere: no such consultation, or not theirs to see.
        NotAllowed: somebody else asked.
        Stale: it has changed since its revision ``seen``.
        MoveNotAllowed: it has ended.
        Invalid: no reason was given.

    """
    asked = _own(ctx, consultation_id, Action.CONSULTATION_WITHDRAW, seen)
    state = after(asked.state, Move.WITHDRAW)
    _record(ctx, Action.CONSULTATION_WITHDRAW, asked.case_id, consultation_id)
    return changed(ctx, asked, state=state, ended_at=ctx.now, ended_why=cases.reason(why))


def conclude(ctx: Context[Staff], consultation_id: str, *, conclusion: str, seen: int) -> Consultation:
    """End a consultation with what follows from it; the next version of the report quotes it with who took part.

    Raises:
        NotThere: no such consultation, or not theirs to see.
        NotAllowed: somebody else asked; or nobody has given an opinion.
        Stale: it has changed since its revision ``seen``.
        MoveNotAllowed: it has ended.
        Invalid: no conclusion was given.

    """
    asked = _own(ctx, consultation_id, Action.CONSULTATION_CONCLUDE, seen)
    state = after(asked.state, Move.CONCLUDE)
    words = checked("conclusion", conclusion, longest=4000, required=True, lines=True)
    said = consultation_rows.opinions(ctx.tx, consultation_id)
    others = {one.colleague.person_id: one.colleague for one in said if one.colleague.person_id != asked.asked_by}
    if not others:
        raise NotAllowed("nobody_gave_an_opinion")
    took_part = [
        {"name": one.name, "title": one.title, "organisation": one.organisation}
        for one in (consultation_rows.asker(ctx.tx, consultation_id), *others.values())
    ]
    if ctx.who.person_id not in {asked.asked_by, *others}:
        grant = colleagues.asking_grant(ctx, cases.by_id(ctx.tx, asked.case_id))
        place = organisations.by_ids(ctx.tx, [grant.organisation_id])[grant.organisation_id]
        took_part.append({"name": ctx.who.name, "title": ctx.who.title, "organisation": place.name})
    _record(ctx, Action.CONSULTATION_CONCLUDE, asked.case_id, consultation_id)
    # Whoever has the case on a screen is shown it before they sign: the report quotes it from now on.
    cases.change(ctx.tx, cases.lock(ctx.tx, asked.case_id))
    return changed(ctx, asked, state=state, ended_at=ctx.now, conclusion=words, took_part=took_part)


@without_door("A part of the act that ends it, which has opened the consultation.")
def end_invitation(
    ctx: Context[Staff], asked: Consultation, person_id: str, move: InvitationMove, *, why: str = ""
) -> None:
    """End somebody's invitation; the caller holds the consultation's lock.

    Raises:
        NotThere: the person was not asked.
        MoveNotAllowed: not from the state of the invitation.

    """
    table = consultation_invitation
    theirs = (table.c.consultation_id == asked.id) & (table.c.person_id == person_id)
    state = ctx.tx.scalar(sa.select(table.c.state).where(theirs))
    if state is None:
        raise NotThere
    ended = invitation_after(InvitationState(state), move)
    ctx.tx.execute(sa.update(table).where(theirs).values(state=ended, ended_at=ctx.now, ended_why=why))


def _own(ctx: Context[Staff], consultation_id: str, action: Action, seen: int) -> Consultation:
    """The consultation of whoever asked, locked; where they ask no longer for the site, of anybody who does."""
    open_consultation(ctx, consultation_id, action)
    asked = consultation_rows.lock(ctx.tx, consultation_id, seen=seen)
    case = cases.by_id(ctx.tx, asked.case_id)
    if asked.asked_by != ctx.who.person_id and not colleagues.acts_for(ctx, asked.asked_by, case):
        raise NotAllowed("only_who_asked")
    colleagues.asking_grant(ctx, case)
    return asked


def _invite(
    ctx: Context[Staff], consultation_id: str, case_id: str, people: Sequence[str], *, grant: RoleGrant
) -> None:
    wanted = list(dict.fromkeys(people))
    known = {one.colleague.person_id for one in consultation_rows.invitations(ctx.tx, consultation_id)}
    if not wanted:
        raise Invalid("people", "empty")
    if len(known) + len(wanted) > MOST_ASKED:
        raise Invalid("people", "too_many")
    found = colleagues.among(ctx, wanted, grant)
    if set(wanted) - found.keys() or known & set(wanted):
        raise Invalid("people", "cannot_be_asked")
    for person_id in wanted:
        ctx.tx.execute(
            sa.insert(consultation_invitation),
            {
                "id": new_id(),
                "consultation_id": consultation_id,
                "person_id": person_id,
                "organisation_id": found[person_id].organisation_id,
                "state": InvitationState.INVITED,
                "invited_at": ctx.now,
            },
        )
        _record(ctx, Action.CONSULTATION_INVITE, case_id, consultation_id, person=person_id)
        outbox.post(
            ctx.tx, "consultation.invited", consultation_id, {"case_id": case_id, "person_id": person_id}, ctx.now
        )


def _priors(ctx: Context[Staff], case: Case, named: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(named))
    if not wanted:
        return []
    theirs = {one.id for one in priors.prior_cases(ctx.tx, ctx.who, [case], ctx.now)[case.id]}
    if len(wanted) > MOST_PRIORS or set(wanted) - theirs:
        raise Invalid("priors", "unknown")
    for one in wanted:
        door.open_case(ctx, one, Action.CONSULTATION_ASK)
    return wanted


@without_door("A part of the acts, which have opened the consultation.")
def changed(ctx: Context[Staff], asked: Consultation, **values: Any) -> Consultation:
    """A consultation after an act: whoever has an older one on the screen is asked to look again."""
    revised = sa.update(consultation).where(consultation.c.id == asked.id)
    ctx.tx.execute(revised.values(revision=asked.revision + 1, **values))
    for one in consultation_rows.invitations(ctx.tx, asked.id) if "ended_at" in values else ():
        if one.ended_at is None:
            told = {"case_id": asked.case_id, "person_id": one.colleague.person_id}
            outbox.post(ctx.tx, "consultation.ended", asked.id, told, ctx.now)
    return consultation_rows.lock(ctx.tx, asked.id, seen=None)


def _record(
    ctx: Context[Staff], action: Action, case_id: str, consultation_id: str, *, person: str | None = None
) -> None:
    details = {"consultation": consultation_id} | ({"person": person} if person else {})
    ctx.record(action=action, subject_kind="case", subject_id=case_id, details=details)
