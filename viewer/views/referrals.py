"""Referrals in words: one with what happened, and the tallies of managers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from reading.desk.entries import Entry
from reading.referral.counts import Tally
from reading.referral.moves import Move, Side, State, side_of
from reading.referral.sending import AIM, Shown
from viewer.views.report_sheet import examination_with_side, patient_age, patient_name, patient_sex
from viewer.words import words
from viewer.words.catalogue import Language, text

TONES: Final = {State.SENT: "alarm", State.ACCEPTED: "work", State.ARRIVED: "work", State.CLOSED: "done"}
MINUTE: Final = timedelta(minutes=1)


def shown(found: Shown, entry: Entry, zone: str, language: Language, now: datetime) -> dict[str, Any]:
    """A referral for its page and its slip."""
    one = found.referral
    expected = words.moment(one.expected_at, zone) if one.expected_at is not None else ""
    return {
        "id": one.id,
        "case_id": one.case_id,
        "patient": patient_name(entry, language),
        "detail": " · ".join(filter(None, (patient_sex(entry, language), patient_age(entry, zone, language)))),
        "examination": examination_with_side(entry.case, language),
        "identity": entry.case.identity,
        "from_name": found.from_name,
        "to_name": found.to_name,
        "direction": text(language, f"referral.direction.{one.direction}"),
        "urgency": text(language, f"priority.{one.urgency}"),
        "reason": one.reason,
        "contact": one.contact,
        "sent_at": words.moment(one.sent_at, zone),
        "state": text(language, f"referral.state.{one.state}"),
        "tone": TONES.get(one.state, "wait"),
        "clock": _clock(found, language, now),
        "overdue": one.state is State.SENT and now > one.sent_at + AIM,
        "place": " · ".join(filter(None, (_kind(one.place_kind, language), one.place, expected))),
        "moves": [
            {
                "what": text(language, f"referral.move.{each.move}"),
                "who": text(language, "policy.by-system") if each.person_name is None else each.person_name,
                "at": words.moment(each.at, zone),
                "why": each.why,
            }
            for each in found.moves
        ],
        "may": [move for move in Move if move in found.may],
        "awaits_me": any(side_of(one.state, move) is Side.RECEIVER for move in found.may),
        "revision": one.revision,
    }


def _kind(kind: str, language: Language) -> str:
    return text(language, f"referral.place.{kind}") if kind else ""


def _clock(found: Shown, language: Language, now: datetime) -> str:
    """How long it waits for an answer, or waited."""
    one = found.referral
    if one.state is State.SENT:
        return _after(language, "waits", now - one.sent_at, aim=int(AIM / MINUTE))
    return "" if one.answered_at is None else _after(language, "answered", one.answered_at - one.sent_at)


def _after(language: Language, what: str, waited: timedelta, **aim: int) -> str:
    minutes = int(waited / MINUTE)
    return text(language, f"referral.{what}" if minutes else f"referral.{what}-less", n=minutes, **aim)


def tally(one: Tally, language: Language) -> dict[str, str | int]:
    return {
        "organisation": one.organisation,
        "way": text(language, "referral.sent" if one.is_sent else "referral.received"),
        "direction": text(language, f"referral.direction.{one.direction}"),
        "number": one.number,
        "accepted": one.accepted,
        "declined": one.declined,
        "waiting": one.waiting,
        "in_time": one.in_time,
        "median": "" if one.median_minutes is None else f"{one.median_minutes:.0f}",
    }
