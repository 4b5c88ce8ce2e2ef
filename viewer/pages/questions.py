"""/questions: what waits for an answer of mine, also before an examination, what I asked, and a new question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.cases import cases
from reading.context import Context
from reading.desk.entries import entries_of
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, Stale
from reading.protocolling import lists, requests, standing
from reading.protocolling.moves import Move, State
from reading.questions import questions
from reading.questions.questions import LONGEST
from reading.register import region_clock
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in, in_snapshot, looks_through
from viewer.http.page import language_of, staff_page
from viewer.http.problems import problem_of
from viewer.pages.sign_in import words_for
from viewer.pages.township_case import opened
from viewer.views import protocols as protocols_view
from viewer.views import questions as view
from viewer.words.catalogue import Language

router = APIRouter(prefix="/questions")


@dataclass(frozen=True)
class Typed:
    """What somebody wrote in a form that was refused."""

    about: str
    """The question."""
    words: str = field(repr=False)
    decision: str = ""
    """Of an answer before an examination."""


NOTHING: Final = Typed("", "")
Words = Annotated[str, Form(max_length=4000)]
_DECISIONS: Final = {
    "accept": (requests.accept, Action.PROTOCOL_ACCEPT),
    "refuse": (requests.refuse, Action.PROTOCOL_REFUSE),
}
MOVES: Final[Mapping[str, requests.Decision]] = {"accept": Move.ACCEPT, "refuse": Move.REFUSE}
Decision = Annotated[Literal["accept", "refuse"], Form()]
Done = Annotated[Literal["asked", "went-to-duty", "answered", "corrected", "withdrawn", ""], Query()]


@router.get("")
def show(request: Request, staff: Looking, done: Done = "") -> Response:
    return _lists(request, staff, done=done)


@router.get("/new/{case_id}")
def show_form(request: Request, staff: Looking, case_id: str) -> Response:
    return _form(request, staff, case_id)


@router.post("/new/{case_id}")
def ask(
    request: Request,
    staff: Submitting,
    case_id: str,
    whom: Annotated[str, Form(max_length=60)] = "",
    words: Words = "",
) -> Response:
    try:
        with going_in(office_of(request), staff, Action.QUESTION_ASK, "case", case_id) as ctx:
            made = questions.ask(ctx, case_id, whom=whom, words=words)
    except Invalid as refused:
        return _form(request, staff, case_id, refused=refused, words=words, whom=whom)
    return RedirectResponse(f"/questions?done={'went-to-duty' if made.meant_for else 'asked'}", status_code=303)


@router.post("/protocols/{request_id}")
def answer_before(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    request_id: str,
    decision: Decision,
    revision: Annotated[int, Form(ge=1)],
    words: Words = "",
) -> Response:
    """Say how an examination is to be made, or why it should not be."""
    act, action = _DECISIONS[decision]
    try:
        with going_in(office_of(request), staff, action, "protocol_request", request_id) as ctx:
            act(ctx, request_id, words, seen=revision)
    except (Invalid, MoveNotAllowed, Stale) as refused:
        return _lists(request, staff, refused=refused, typed=Typed(request_id, words, decision))
    return RedirectResponse("/questions?done=answered", status_code=303)


@router.post("/protocols/{request_id}/correct")
def correct(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    request_id: str,
    decision: Decision,
    revision: Annotated[int, Form(ge=1)],
    words: Words = "",
) -> Response:
    """Answer anew what one has answered, while its site has not noted it."""
    try:
        with going_in(office_of(request), staff, Action.PROTOCOL_CORRECT, "protocol_request", request_id) as ctx:
            requests.correct(ctx, request_id, MOVES[decision], words, seen=revision)
    except (Invalid, MoveNotAllowed, Stale, NotAllowed) as refused:
        return _lists(request, staff, refused=refused, typed=Typed(request_id, words, decision))
    return RedirectResponse("/questions?done=corrected", status_code=303)


@router.post("/{question_id}/answer")
def answer(request: Request, staff: Submitting, question_id: str, words: Words = "") -> Response:
    try:
        with going_in(office_of(request), staff, Action.QUESTION_ANSWER, "question", question_id) as ctx:
            questions.answer(ctx, question_id, words)
    except (Invalid, MoveNotAllowed) as refused:
        return _lists(request, staff, refused=refused, typed=Typed(question_id, words))
    return RedirectResponse("/questions?done=answered", status_code=303)


@router.post("/{question_id}/withdraw")
def withdraw(request: Request, staff: Submitting, question_id: str) -> Response:
    try:
        with going_in(office_of(request), staff, Action.QUESTION_WITHDRAW, "question", question_id) as ctx:
            questions.withdraw(ctx, question_id)
    except MoveNotAllowed as refused:
        return _lists(request, staff, refused=refused)
    return RedirectResponse("/questions?done=withdrawn", status_code=303)


def _lists(
    request: Request,
    staff: Staff,
    *,
    done: str = "",
    refused: Invalid | MoveNotAllowed | Stale | NotAllowed | None = None,
    typed: Typed = NOTHING,
) -> Response:
    language = language_of(request)
    looks_through(office_of(request), staff, Action.QUESTION_LIST)
    if lists.answers(staff):
        looks_through(office_of(request), staff, Action.PROTOCOL_LIST)
    with in_snapshot(office_of(request), staff) as ctx:
        waiting, asked = questions.waiting_for(ctx), questions.asked_by(ctx)
        zone = region_clock.zone(ctx.tx).key
        known = cases.by_ids(ctx.tx, {one.case_id for one in (*waiting, *asked)})
        before = lists.waiting_for(ctx)
        entries = {one.case.id: one for one in entries_of(ctx.tx, staff, list(known.values()), ctx.now)}
        given = protocols_view.given(ctx, lists.answered_by_them(ctx), zone, language)
    examinations: list[dict[str, Any]] = []
    if before:  # not in the snapshot: the reports of earlier examinations are looked at
        with acting(office_of(request), staff) as ctx:
            examinations = protocols_view.waiting(ctx, before, zone, language)
    late = None
    if typed.about and not isinstance(refused, Invalid):
        with acting(office_of(request), staff) as ctx:
            late = _too_late(ctx, typed, zone, language)
    return staff_page(
        request,
        staff,
        "questions.html",
        status=problem_of(refused).status if refused else 200,
        problem=words_for(request, refused) if refused else "",
        done=done,
        waiting=view.lines(waiting, entries, zone, language),
        asked=view.lines(asked, entries, zone, language),
        before=examinations,
        given=given,
        typed=typed,
        late=late,
        longest=LONGEST,
    )


def _too_late(ctx: Context[Staff], typed: Typed, zone: str, language: Language) -> dict[str, str]:
    """What became of a question meanwhile, beside the words of whoever wanted to answer it."""
    if typed.decision:
        meant = requests.one_of(ctx, typed.about)
        answered = meant.state in {State.ACCEPTED, State.REFUSED}
        stands = standing.last_answers(ctx.tx, [meant.order_id]).get(meant.order_id) if answered else None
        return protocols_view.too_late(stands or meant, zone, language)
    return view.too_late(questions.one_of(ctx, typed.about), zone, language)


def _form(
    request: Request, staff: Staff, case_id: str, *, refused: Invalid | None = None, words: str = "", whom: str = ""
) -> Response:
    language = language_of(request)
    with going_in(office_of(request), staff, Action.QUESTION_ASK, "case", case_id) as ctx:
        entry = opened(ctx, case_id)
        found = questions.askable(ctx, entry.case)
        before = [view.line(one, region_clock.zone(ctx.tx).key, language) for one in questions.of_case(ctx, entry.case)]
    return staff_page(
        request,
        staff,
        "question_new.html",
        status=problem_of(refused).status if refused else 200,
        problem=words_for(request, refused) if refused else "",
        case=view.case(entry, language),
        choices=[view.choice(one, language) for one in found],
        before=before,
        words=words,
        whom=whom,
        longest=LONGEST,
    )
