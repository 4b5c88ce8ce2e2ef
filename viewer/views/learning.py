"""What reviews said of reports, as the learning page shows it."""

from __future__ import annotations

from typing import Any, cast

from reading.reports.marks import marks_from_json
from reading.review.arbitration import Waiting
from reading.review.discrepancies import Listed
from reading.review.feedback import Feedback
from reading.review.review import Review
from viewer.views.marks import measured
from viewer.words import words
from viewer.words.catalogue import Language, text

_FIELDS = ("findings", "impression", "recommendation", "positive", "critical_class", "marks")


def said(one: Feedback, zone: str, language: Language) -> dict[str, Any]:
    return _of(one.review, zone, language) | {
        "examination": _examination(one.modality, one.body_part, language),
        "score": None if one.score is None else {"code": one.score, "name": text(language, f"desk.score.{one.score}")},
        "awaits": one.review.awaits_arbitration,
        "read": one.read_at is not None,
    }


def waiting(one: Waiting, zone: str, language: Language) -> dict[str, Any]:
    return _of(one.review, zone, language) | {
        "examination": _examination(one.modality, one.body_part, language),
        "given": one.review.score,
        "given_name": text(language, f"desk.score.{one.review.score}"),
    }


def raised(one: Listed, zone: str, language: Language) -> dict[str, Any]:
    """A discrepancy that a clinician raised: what they found, and what was said of it."""
    found = one.found
    score = found.score
    return {
        "id": found.id,
        "case_id": found.case_id,
        "revision": found.revision,
        "examination": _examination(one.modality, one.body_part, language),
        "reason": text(language, f"discrepancy.reason.{found.reason}"),
        "words": found.words,
        "evidence": found.evidence,
        "state": text(language, f"discrepancy.state.{found.state}"),
        "at": words.moment(found.raised_at, zone),
        "score": None if score is None else {"code": score, "name": text(language, f"desk.score.{score}")},
        "comment": found.comment,
        "read": found.read_at is not None,
        "may_judge": one.may_judge,
    }


def _of(review: Review, zone: str, language: Language) -> dict[str, Any]:
    return {
        "id": review.id,
        "case_id": review.case_id,
        "at": words.moment(review.at, zone),
        "outcome": text(language, f"desk.outcome.{review.outcome}"),
        "comment": review.comment,
        "changes": [
            {
                "field": text(language, f"learning.field.{field}"),
                "before": _value(review.difference[field]["from"], language),
                "after": _value(review.difference[field]["to"], language),
            }
            for field in _FIELDS
            if field in review.difference
        ],
    }


def _examination(modality: str, body_part: str, language: Language) -> str:
    named = (words.coded(language, "modality", modality), words.coded(language, "body", body_part))
    return " · ".join(each for each in named if each)


def _value(value: object, language: Language) -> str:
    if isinstance(value, bool):
        return text(language, "learning.positive" if value else "learning.negative")
    if isinstance(value, list):
        marks = marks_from_json(cast("list[object]", value))
        return "\n".join(measured(one, language) for one in marks)
    return str(value) if value else text(language, "learning.nothing")
