"""The page of why a case is where it is: rule, clocks, moves and who was told, in words; nothing of the patient."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from reading.cases.cases import Case
from reading.cases.history import MoveRow
from reading.cases.moves import UNFINISHED, WAITING
from reading.desk.case_policy import Routing
from reading.overdue.rerouting import Reroute
from reading.queue.assigned import Taking
from reading.queue.takings import How
from reading.register import organisations
from reading.rules.rule import Goal
from reading.rules.staffing import SEPARATOR
from viewer.views import policy
from viewer.views.alerts import told_name
from viewer.words import words
from viewer.words.catalogue import Language, text


def routing(tx: Connection, found: Routing, language: Language, now: datetime) -> dict[str, Any]:
    case, rule = found.case, found.policy.rule(found.case.rule)
    site = organisations.by_id(tx, case.site_id)
    zone = site.time_zone if site else organisations.TIME_ZONE
    return {
        "case_id": case.id,
        "state": text(language, f"state.{case.state}"),
        "tier": text(language, f"policy.tier.{case.tier}"),
        "readers": text(language, "list-comma").join(_readers(tx, case, now)),
        "holder": found.holder,
        "modality": words.coded(language, "modality", case.modality or ""),
        "site": site.name if site else "",
        "version": found.policy.version,
        "rule": policy.rules([rule], language)[0],
        "kept": found.kept_its_rule,
        "why": policy.explanation(found.explanation, language),
        "times": {
            "examined": words.moment(case.examined_at, zone),
            "received": words.moment(case.received_at, zone),
            "due": words.moment(case.due_at, zone),
            "indicator": words.moment(found.indicator_at, zone),
        },
        "clock": _clock(found, zone, language),
        "moves": [_move(one, found.reroutes.get(one.at), zone, language) for one in found.moves],
        "takings": [_taking(one, zone, language) for one in found.takings],
        "skills": _skills(found, zone, language),
        "alerts": [
            {
                "at": words.moment(one.raised_at, zone),
                "state": text(language, f"alerts.state.{one.state}"),
                "told": [
                    " ".join(
                        (
                            words.moment(told.at, zone),
                            text(language, f"alerts.notice.{told.kind}"),
                            told_name(told, language),
                        )
                    )
                    for told in found.told.get(one.id, ())
                ],
            }
            for one in found.alerts
        ],
    }


def _clock(found: Routing, zone: str, language: Language) -> dict[str, Any]:
    step, case = found.step_clock, found.case
    due = step.due() if step else None
    return {
        "counted": text(language, "routing.counted", time=_length(found.elapsed, language)),
        "stands": any(one.until is None for one in found.pauses) and case.state in UNFINISHED,
        "step": ""
        if step is None
        else text(
            language,
            "routing.step",
            step=text(language, f"step.{case.step}"),
            since=words.moment(step.start, zone),
            due=words.moment(due, zone) if due else text(language, "due.paused"),
        ),
        "pauses": [
            {
                "reason": text(language, f"pause.{one.reason}"),
                "since": words.moment(one.since, zone),
                "until": words.moment(one.until, zone) if one.until else text(language, "routing.open"),
            }
            for one in found.pauses
        ],
    }


def _skills(found: Routing, zone: str, language: Language) -> list[str]:
    """The skills that it waits for, until when, and whether anybody there has them."""
    case = found.case
    if not case.skills or case.skills_until is None or case.state not in WAITING:
        return []
    skills = text(language, "list-comma").join(case.skills.split(SEPARATOR))
    lines = [text(language, "routing.skills", skills=skills, until=words.moment(case.skills_until, zone))]
    return [*lines, text(language, "routing.skill-lacks")] if found.lacks_skill else lines


def _taking(one: Taking, zone: str, language: Language) -> dict[str, str]:
    facts = [text(language, f"routing.urgent.{'yes' if one.urgent else 'no'}")] if one.how is How.ASSIGNED else []
    if one.hundredths is not None:
        facts.append(text(language, "routing.weight", weight=f"{one.hundredths / 100:.2f}"))
    if one.skipped:
        facts.append(text(language, "routing.skipped", n=one.skipped))
    if one.ended_as is not None and one.ended_at is not None and one.how is How.ASSIGNED:
        ended = text(language, f"routing.end.{one.ended_as}")
        facts.append(f"{ended} {words.moment(one.ended_at, zone)}")
    return {
        "at": words.moment(one.at, zone),
        "what": text(language, f"routing.how.{one.how}", name=one.name),
        "facts": " · ".join(facts),
        "why": one.why,
    }


def _move(one: MoveRow, gone: Reroute | None, zone: str, language: Language) -> dict[str, str]:
    return {
        "at": words.moment(one.at, zone),
        "what": text(language, f"move.{one.move}"),
        "who": _who(one.person_name, language),
        "why": one.why or (_reroute(gone, zone, language) if gone else ""),
    }


def _who(name: str | None, language: Language) -> str:
    """Who moved it; a name that is withheld while two people read it blind is said to be so."""
    if name is None:
        return text(language, "policy.by-system")
    return name or text(language, "routing.name-withheld")


def _reroute(gone: Reroute, zone: str, language: Language) -> str:
    key = "routing.told-duty" if gone.goal is Goal.DUTY else "routing.went-to"
    return text(
        language,
        key,
        due=words.moment(gone.due_at, zone),
        tier=text(language, f"policy.tier.{gone.tier}"),
        organisation=gone.organisation,
        person=gone.person,
    )


def _length(time: timedelta, language: Language) -> str:
    hours, minutes = divmod(int(time.total_seconds()) // 60, 60)
    return text(language, "routing.hours", hours=hours, minutes=minutes)


def _readers(tx: Connection, case: Case, now: datetime) -> list[str]:
    """The names of the organisations that read for the site at the tier where the case is."""
    ids = organisations.readers_of(tx, case.site_id, case.tier, now)
    return sorted(one.name for one in organisations.by_ids(tx, ids).values())
