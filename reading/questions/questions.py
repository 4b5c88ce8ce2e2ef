"""Questions about a case: asked of a person or of those on duty, answered or withdrawn, and the lists they wait in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox, tables
from reading.access import blindness, door, visibility
from reading.actions import Action
from reading.cases.cases import Case
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed, NotThere
from reading.kinds import Role
from reading.questions import addressees
from reading.questions.addressees import Addressee
from reading.questions.moves import Move, State, after
from reading.row_rules import valid_at
from reading.texts import checked
from reading.viewers import Staff
from storage.ids import new_id

LONGEST: Final = 1000
MOST: Final = 100
"""Questions of a list."""

_NEWEST: Final = (tables.question.c.asked_at.desc(), tables.question.c.id.desc())


@dataclass(frozen=True, kw_only=True)
class Question:
    id: str
    case_id: str
    asked_by: str
    asker: str = field(repr=False)
    asked_at: datetime
    words: str = field(repr=False)
    person_id: str | None
    """Whom it waits for; None: everybody of the role at the organisation."""
    person: str = field(repr=False)
    organisation_id: str
    organisation: str
    role: Role
    meant_for: str = field(repr=False)
    """The name of whoever was asked and is away, so that it went to those on duty; else empty."""
    state: State
    answer: str = field(repr=False)
    answered_by: str = field(repr=False)
    ended_at: datetime | None


def ask(ctx: Context[Staff], case_id: str, *, whom: str, words: str) -> Question:
    """Ask somebody about a case; whoever is away is not waited for: it goes to those on duty in their role at once.

    Where that is nobody but whoever asks, it waits for the person all the same.

    ``whom`` is the key of an addressee.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: two people read it blind, they may be one of them, and what they ask would tell the other.
        Invalid: nobody of the case is meant, or nothing is asked.

    """
    case = door.open_case(ctx, case_id, Action.QUESTION_ASK)
    to = next((one for one in askable(ctx, case) if one.key == whom), None)
    if to is None:
        raise Invalid("whom", "unknown")
    waits = to.there or not addressees.has_others(ctx.tx, to, but={ctx.who.person_id}, now=ctx.now)
    made = new_id()
    ctx.tx.execute(
        sa.insert(tables.question),
        {
            "id": made,
            "case_id": case_id,
            "asked_by": ctx.who.person_id,
            "asked_at": ctx.now,
            "words": checked("words", words, longest=LONGEST, required=True, lines=True),
            "person_id": to.person_id if waits else None,
            "meant_for": None if waits else to.person_id,
            "organisation_id": to.organisation_id,
            "role": to.role,
            "state": State.OPEN,
        },
    )
    _record(ctx, Action.QUESTION_ASK, made, case_id, replace(to, there=waits))
    return _select(ctx.tx, tables.question.c.id == made)[0]


@without_door("It names people and institutions; the act or page has opened the case.")
def askable(ctx: Context[Staff], case: Case) -> list[Addressee]:
    """Whom they may ask about a case.

    Raises:
        NotAllowed: two people read it blind, they may be one of them, and what they ask would tell the other.

    """
    if blindness.keeps_silent(ctx.tx, ctx.who, case, ctx.now):
        raise NotAllowed("nobody_is_asked_while_blind")
    return addressees.of_case(ctx.tx, case, but=ctx.who.person_id, now=ctx.now)


def answer(ctx: Context[Staff], question_id: str, words: str) -> Question:
    """Answer a question that waits for them.

    Raises:
        NotThere: no such question, not one for them, or of a case that they may not see.
        MoveNotAllowed: it is answered or withdrawn already.
        Invalid: nothing is said.

    """
    found = _lock(ctx, question_id, _for(ctx))
    if (found.case_id, found.asked_by) in blindness.kept_apart(ctx, {(found.case_id, found.asked_by)}):
        raise NotThere
    door.open_case(ctx, found.case_id, Action.QUESTION_ANSWER)
    said = checked("words", words, longest=LONGEST, required=True, lines=True)
    return _end(ctx, found, Move.ANSWER, Action.QUESTION_ANSWER, answer=said)


def withdraw(ctx: Context[Staff], question_id: str) -> Question:
    """Take back a question of one's own.

    Raises:
        NotThere: no such question, or not theirs.
        MoveNotAllowed: it is answered or withdrawn already.

    """
    found = _lock(ctx, question_id, tables.question.c.asked_by == ctx.who.person_id)
    door.open_case(ctx, found.case_id, Action.QUESTION_WITHDRAW)
    return _end(ctx, found, Move.WITHDRAW, Action.QUESTION_WITHDRAW, answer="")


@without_door("The page records the look at the list first; the rows are of cases that the viewer sees.")
def waiting_for(ctx: Context[Staff]) -> Sequence[Question]:
    """The open questions that wait for them or for their role, the oldest first, at most `MOST`."""
    oldest = (tables.question.c.asked_at, tables.question.c.id)
    return _select(ctx.tx, tables.question.c.id.in_(_waiting(ctx)[:MOST]), order=oldest)


@without_door("The page records the look at the list first; the rows are of cases that the viewer sees.")
def asked_by(ctx: Context[Staff]) -> Sequence[Question]:
    """What they asked, the newest first."""
    return _select(ctx.tx, (tables.question.c.asked_by == ctx.who.person_id) & _visible(ctx))


@without_door("It adds to a case that the page has opened.")
def of_case(ctx: Context[Staff], case: Case) -> Sequence[Question]:
    """The questions about a case, the newest first; their own alone while nobody is told who reads it."""
    own = tables.question.c.asked_by == ctx.who.person_id if blindness.is_nameless(ctx.tx, case) else sa.true()
    return _select(ctx.tx, (tables.question.c.case_id == case.id) & own)


def one_of(ctx: Context[Staff], question_id: str) -> Question:
    """A question that waits, or waited, for them or for their role.

    Raises:
        NotThere: no such question, not one for them, or of a case that they may not see.

    """
    found = _select(ctx.tx, (tables.question.c.id == question_id) & _for(ctx) & _visible(ctx))
    if not found or (found[0].case_id, found[0].asked_by) in blindness.kept_apart(
        ctx, {(found[0].case_id, found[0].asked_by)}
    ):
        raise NotThere
    door.open_case(ctx, found[0].case_id, Action.QUESTION_LIST)
    return found[0]


@without_door("A number; nothing of a patient is in it.")
def count(ctx: Context[Staff]) -> int:
    """How many questions wait for them or for their role."""
    return len(_waiting(ctx))


def _waiting(ctx: Context[Staff]) -> list[str]:
    """The ids of the questions that wait for them or for their role and that they may see, the oldest first."""
    asked = tables.question
    rows = ctx.tx.execute(
        sa.select(asked.c.id, asked.c.case_id, asked.c.asked_by)
        .where(asked.c.state == State.OPEN, _for(ctx), _visible(ctx))
        .order_by(asked.c.asked_at, asked.c.id)
    ).all()
    apart = blindness.kept_apart(ctx, {(row.case_id, row.asked_by) for row in rows})
    return [row.id for row in rows if (row.case_id, row.asked_by) not in apart]


def _for(ctx: Context[Staff]) -> sa.ColumnElement[bool]:
    """The condition that a question waits for this person, or for a role that they hold; never one of their own.

    What waited for somebody who holds the role there no longer waits for those who do.
    """
    asked, who = tables.question, ctx.who.person_id
    nobody_else = asked.c.person_id.is_(None) | ~_holds(asked.c.person_id, ctx.now)
    theirs = (asked.c.person_id == who) | (nobody_else & _holds(who, ctx.now))
    return theirs & (asked.c.asked_by != who)


def _holds(person_id: str | sa.ColumnElement[str], now: datetime) -> sa.ColumnElement[bool]:
    """The condition on ``question`` that somebody holds its role at its organisation."""
    asked, grant = tables.question, tables.role_grant
    return (
        sa.exists()
        .where(grant.c.person_id == person_id, grant.c.organisation_id == asked.c.organisation_id)
        .where(grant.c.role == asked.c.role, valid_at(grant, now))
        .correlate(asked)
    )


def _visible(ctx: Context[Staff]) -> sa.ColumnElement[bool]:
    case = tables.case
    seen = sa.select(case.c.id).where(visibility.visible_cases(ctx.tx, ctx.who, ctx.now))
    return tables.question.c.case_id.in_(seen)


def _lock(ctx: Context[Staff], question_id: str, condition: sa.ColumnElement[bool]) -> Question:
    asked = tables.question
    theirs = sa.select(asked.c.id).where(asked.c.id == question_id, condition).with_for_update()
    if ctx.tx.scalar(theirs) is None:
        raise NotThere
    return _select(ctx.tx, asked.c.id == question_id)[0]


def _end(ctx: Context[Staff], found: Question, move: Move, action: Action, *, answer: str) -> Question:
    state = after(found.state, move)
    asked = tables.question
    ctx.tx.execute(
        sa.update(asked)
        .where(asked.c.id == found.id)
        .values(state=state, answer=answer, ended_by=ctx.who.person_id, ended_at=ctx.now)
    )
    ctx.record(action=action, subject_kind="case", subject_id=found.case_id, details={"question_id": found.id})
    if move is Move.ANSWER:
        payload = {"case_id": found.case_id, "person_id": found.asked_by}
        outbox.post(ctx.tx, "question.answered", found.id, payload, ctx.now)
    return _select(ctx.tx, asked.c.id == found.id)[0]


def _record(ctx: Context[Staff], action: Action, question_id: str, case_id: str, to: Addressee) -> None:
    person_id = to.person_id if to.there else None
    details = {"question_id": question_id, "person_id": person_id or "", "meant_for": to.person_id or ""}
    ctx.record(action=action, subject_kind="case", subject_id=case_id, details=details)
    payload = {"case_id": case_id, "person_id": person_id, "organisation_id": to.organisation_id, "role": to.role}
    outbox.post(ctx.tx, "question.asked", question_id, payload, ctx.now)


def _select(
    tx: Connection, condition: sa.ColumnElement[bool], *, order: Sequence[sa.ColumnElement[Any]] = _NEWEST
) -> list[Question]:
    asked, place = tables.question, tables.organisation
    asker, whom, meant, who = (tables.person.alias() for _ in range(4))
    rows = tx.execute(
        sa.select(
            asked,
            asker.c.name.label("asker"),
            whom.c.name.label("person"),
            meant.c.name.label("meant_name"),
            who.c.name.label("answered_by"),
            place.c.name.label("organisation"),
        )
        .join(asker, asker.c.id == asked.c.asked_by)
        .join(place, place.c.id == asked.c.organisation_id)
        .outerjoin(whom, whom.c.id == asked.c.person_id)
        .outerjoin(meant, meant.c.id == asked.c.meant_for)
        .outerjoin(who, who.c.id == asked.c.ended_by)
        .where(condition)
        .order_by(*order)
        .limit(MOST)
    )
    return [_question(row) for row in rows]


def _question(row: sa.Row[Any]) -> Question:
    return Question(
        id=row.id,
        case_id=row.case_id,
        asked_by=row.asked_by,
        asker=row.asker,
        asked_at=row.asked_at,
        words=row.words,
        person_id=row.person_id,
        person=row.person or "",
        organisation_id=row.organisation_id,
        organisation=row.organisation,
        role=Role(row.role),
        meant_for=row.meant_name or "",
        state=State(row.state),
        answer=row.answer,
        answered_by=row.answered_by or "",
        ended_at=row.ended_at,
    )
