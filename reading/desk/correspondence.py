"""Correspondence: what people wrote to each other about a case, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy.engine import Connection

from reading.access import blindness
from reading.alerts import alert_rows
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import RESTORED_TO, Move
from reading.completeness.follow_ups import Confirmation
from reading.consultation.thread import Thread
from reading.context import Context, without_door
from reading.desk import case_moves
from reading.intake import identity
from reading.intake.putting_right import Reason
from reading.intake.study_content import side_changes
from reading.protocolling import standing
from reading.protocolling.moves import State
from reading.provisional import notes
from reading.questions import questions
from reading.register import people
from reading.reports.versions import ReportVersion
from reading.review.review import Outcome, Review
from reading.viewers import Staff

SAID_WITH: Final = frozenset(
    {
        Move.RETURN,
        Move.RESUBMIT,
        Move.ESCALATE,
        Move.SEND_BACK,
        Move.DISPUTE,
        Move.DEFER,
        Move.WITHHOLD,
        *RESTORED_TO.values(),
        Move.READ_AGAIN,
        Move.ENTER_IN_ERROR,
    }
)
"""The moves whose reason is meant for whoever goes on with the case."""


class Kind(StrEnum):
    """What somebody wrote, besides the reasons of moves."""

    REVIEW = "review"
    NO_CHANGE = "no_change"
    """Images that came late change nothing."""
    QUESTION = "question"
    ANSWER = "answer"
    PROVISIONAL_NOTE = "provisional_note"
    """Of a doctor of the site, from the time when its line was cut; no report."""
    PROTOCOL_QUESTION = "protocol_question"
    """Asked by the site before the examination."""
    PROTOCOL = "protocol"
    """By which it was to be made."""
    PROTOCOL_REFUSED = "protocol_refused"
    """Why it should not have been made so."""
    CONSULTATION = "consultation"
    OPINION = "opinion"
    CONCLUSION = "conclusion"
    ACKNOWLEDGED = "acknowledged"
    """A critical result, with what was read back."""
    CLARIFIED = "clarified"
    """It was read back otherwise: what was agreed when somebody who reads spoke with the site again."""
    DISPOSED = "disposed"
    """What was done with the patient."""
    SIDE = "side"
    """The side of the images was corrected, and why."""
    IDENTITY_CONFIRM = "identity_confirm"
    """Why the images are whom they were joined to, although they name somebody else."""
    IDENTITY_PART = "identity_part"
    """Why they are not."""
    IDENTITY_UNDO = "identity_undo"
    VERSION = "version"
    """The report was changed, by an addendum or an amendment; its new impression."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """Something that was written."""

    at: datetime
    what: Move | Kind
    who: str = field(repr=False)
    """Empty where the name is not told."""
    words: str = field(repr=False)
    uploaded_by: str = field(default="", repr=False)
    """Of a provisional note: who was signed in when it came; ``who`` is only the name that was written on it."""
    sides: tuple[tuple[str, str], ...] = ()
    """Of a correction of sides: what each was, and what it became."""


@without_door("It adds to a case that the desk has opened.")
def of_case(
    ctx: Context[Staff],
    case: Case,
    *,
    reviews: Sequence[tuple[Review, str]],
    confirmations: Sequence[Confirmation],
    consultations: Sequence[Thread],
    changes: Sequence[tuple[ReportVersion, str]],
) -> list[Line]:
    """Everything that this person may read, the oldest first; the arguments are what the desk shows them anyway.

    ``reviews`` are each with its reviewer's name, ``changes`` the versions after the first with who signed them.
    """
    lines = [
        *_moves(ctx, case),
        *_before(ctx, case),
        *_put_right(ctx.tx, case),
        *_notes(ctx, case),
        *_questions(ctx, case),
        # what is sent back stands with its move
        *(
            Line(at=one.at, what=Kind.REVIEW, who=name, words=one.comment)
            for one, name in reviews
            if one.outcome is not Outcome.SEND_BACK
        ),
        *(Line(at=one.at, what=Kind.NO_CHANGE, who=one.person_name, words=one.comment) for one in confirmations),
        *(Line(at=one.created_at, what=Kind.VERSION, who=name, words=one.content.impression) for one, name in changes),
        *(line for one in consultations for line in _consultation(one)),
        *_alerts(ctx, case),
    ]
    return sorted((line for line in lines if line.words.strip()), key=lambda line: line.at)


def _moves(ctx: Context[Staff], case: Case) -> Iterator[Line]:
    for one in case_moves.told(ctx, case):
        if one.move in SAID_WITH:
            yield Line(at=one.at, what=one.move, who=one.person_name or "", words=one.why)


def _before(ctx: Context[Staff], case: Case) -> Iterator[Line]:
    answers = {State.ACCEPTED: Kind.PROTOCOL, State.REFUSED: Kind.PROTOCOL_REFUSED}
    for one in standing.of_case(ctx.tx, case):
        if one.state not in {State.WITHDRAWN, State.CORRECTED}:
            yield Line(at=one.asked_at, what=Kind.PROTOCOL_QUESTION, who=one.asker, words=one.words)
        if one.state in answers and one.ended_at is not None:
            yield Line(at=one.ended_at, what=answers[one.state], who=one.answered_by, words=one.answer)


def _put_right(tx: Connection, case: Case) -> Iterator[Line]:
    """What somebody says in their own words about whose the images are, and of which side."""
    for one in identity.history(tx, case.id):
        if one.person_name and one.reason not in set(Reason):
            yield Line(at=one.at, what=Kind(f"identity_{one.move}"), who=one.person_name, words=one.reason)
    for study_uid in cases.study_uids(tx, case.id):
        for made, sides in side_changes(tx, study_uid):
            name = _name(tx, made.made_by)
            yield Line(at=made.made_at, what=Kind.SIDE, who=name, words=made.reason, sides=sides)


def _notes(ctx: Context[Staff], case: Case) -> Iterator[Line]:
    """Each with the person as it was written there, who may be another than whom the case shows."""
    for one in notes.of_case(ctx, case.id):
        said = one.written
        about = " · ".join(part for part in (said.patient_name, said.facts, said.examination) if part)
        yield Line(
            at=said.written_at,
            what=Kind.PROVISIONAL_NOTE,
            who=said.doctor,
            uploaded_by=one.uploaded_by,
            words=f"{about}\n{said.words}",
        )


def _questions(ctx: Context[Staff], case: Case) -> Iterator[Line]:
    for one in questions.of_case(ctx, case):
        yield Line(at=one.asked_at, what=Kind.QUESTION, who=one.asker, words=one.words)
        if one.ended_at is not None and one.answer:
            yield Line(at=one.ended_at, what=Kind.ANSWER, who=one.answered_by, words=one.answer)


def _consultation(found: Thread) -> Iterator[Line]:
    about = found.consultation
    yield Line(at=about.asked_at, what=Kind.CONSULTATION, who=found.asker.name, words=about.question)
    for one in found.opinions:
        yield Line(at=one.at, what=Kind.OPINION, who=one.colleague.name, words=one.words)
    if about.ended_at is not None:
        yield Line(at=about.ended_at, what=Kind.CONCLUSION, who=found.asker.name, words=about.conclusion)


def _alerts(ctx: Context[Staff], case: Case) -> Iterator[Line]:
    untold = blindness.hides_alerts(ctx.tx, ctx.who, [case.id], ctx.now)
    for one in alert_rows.standing_on_each(ctx.tx, [case.id]).get(case.id, []):
        if one.id in untold:
            continue
        if one.acknowledged_at is not None:
            said, who = one.read_back or "", _name(ctx.tx, one.acknowledged_by)
            yield Line(at=one.acknowledged_at, what=Kind.ACKNOWLEDGED, who=who, words=said)
        if one.clarified_at is not None:
            nameless = one.clarified_by != ctx.who.person_id and blindness.is_nameless(ctx.tx, case)
            agreed, who = one.agreed or "", "" if nameless else _name(ctx.tx, one.clarified_by)
            yield Line(at=one.clarified_at, what=Kind.CLARIFIED, who=who, words=agreed)
        if one.disposed_at is not None:
            yield Line(at=one.disposed_at, what=Kind.DISPOSED, who="", words=one.disposal_text or "")


def _name(tx: Connection, person_id: str | None) -> str:
    found = people.by_id(tx, person_id) if person_id else None
    return found.name if found else ""
