"""Questions to colleagues in words: the lists of a person, and of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reading.desk.entries import Entry
from reading.questions.addressees import Addressee
from reading.questions.moves import State
from reading.questions.questions import Question
from viewer.views.report_sheet import examination_with_side, patient_name
from viewer.words import words
from viewer.words.catalogue import Language, text


def lines(
    found: Sequence[Question], entries: Mapping[str, Entry], zone: str, language: Language
) -> list[dict[str, Any]]:
    return [line(one, zone, language) | case(entries[one.case_id], language) for one in found if one.case_id in entries]


def line(one: Question, zone: str, language: Language) -> dict[str, Any]:
    return {
        "id": one.id,
        "words": one.words,
        "asked": text(language, "question.asked", name=one.asker, at=words.moment(one.asked_at, zone)),
        "whom": whom(one, language),
        "away": text(language, "question.was-away", name=one.meant_for) if one.meant_for else "",
        "state": text(language, f"question.state.{one.state}"),
        "open": one.state is State.OPEN,
        "answer": one.answer,
        "answered": text(language, "question.answered", name=one.answered_by, at=words.moment(one.ended_at, zone))
        if one.answer and one.ended_at
        else "",
    }


def case(entry: Entry, language: Language) -> dict[str, Any]:
    return {
        "case_id": entry.case.id,
        "patient": patient_name(entry, language),
        "examination": examination_with_side(entry.case, language),
        "site": entry.site.name,
    }


def whom(one: Question, language: Language) -> str:
    """Whom a question waits for: a person, or everybody of a role at an organisation."""
    if one.person:
        return text(language, "alerts.person", name=one.person, organisation=one.organisation)
    return _role(one.organisation, one.role, language)


def choice(one: Addressee, language: Language) -> tuple[str, str]:
    """The value and the words of somebody who can be asked."""
    if one.person_id is None:
        return one.key, _role(one.organisation, one.role, language)
    named = text(language, "alerts.person", name=one.name, organisation=one.organisation)
    return one.key, named if one.there else text(language, "question.away", name=named)


def _role(organisation: str, role: str, language: Language) -> str:
    return text(language, "question.on-duty", organisation=organisation, role=text(language, f"role.{role}"))


def too_late(one: Question, zone: str, language: Language) -> dict[str, str]:
    """Who answered what, or took the question back, for somebody whose answer came later."""
    state = text(language, f"question.state.{one.state}")
    at = "" if one.ended_at is None else words.moment(one.ended_at, zone)
    name = one.answered_by if one.state is State.ANSWERED else one.asker
    return {
        "question": one.words,
        "said": text(language, "question.settled", state=state, name=name, at=at) if at else "",
        "answer": one.answer,
    }
