"""The board of the queue in words, on the page and as CSV; it names no patient."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from reading.cases.moves import HELD, Step
from reading.desk.queue_board import Board, LateCase, Queue, SiteLoad, Standing
from reading.desk.queue_rates import LATELY
from viewer.views import csv_cells
from viewer.words import words
from viewer.words.catalogue import Language, text

SHOWN: Final = 100
"""Cases of a list that the page shows; the file has them all."""
COLUMNS: Final = ("list", "site", "examination", "priority", "step", "tier", "state", "due", "over", "expected", "case")


def board(found: Board, zone: ZoneInfo, language: Language) -> dict[str, Any]:
    return {
        "at": words.moment(found.at, zone.key),
        "rate": text(language, "queue.rate", n=int(LATELY / timedelta(hours=1))),
        "queues": [_queue(one, found.at, zone, language) for one in found.queues],
        "late": [_late(one, found.at, zone, language) for one in found.late[:SHOWN]],
        "late_count": len(found.late),
        "soon": [_late(one, found.at, zone, language) for one in found.soon[:SHOWN]],
        "soon_count": len(found.soon),
        "sites": [_site(one, zone, language) for one in found.sites],
        "shown": SHOWN,
        "steps": [text(language, f"step.{step}") for step in Step],
        "cut": found.cut,
    }


def as_csv(found: Board, zone: ZoneInfo, language: Language) -> str:
    """Every late case and every one that is expected to be, one a line; without patients."""
    head = [text(language, f"queue.column.{name}") for name in COLUMNS]
    rows = [_row("late", one, found.at, zone, language) for one in found.late]
    rows += [_row("soon", one, found.at, zone, language) for one in found.soon]
    return csv_cells.table([head, *rows])


def _queue(one: Queue, now: datetime, zone: ZoneInfo, language: Language) -> dict[str, Any]:
    return {
        "name": text(
            language,
            "queue.name",
            step=text(language, f"step.{one.step}"),
            tier=text(language, f"policy.tier.{one.tier}"),
        ),
        "waiting": one.waiting,
        "held": one.held,
        "late": one.late,
        "came": one.came,
        "left": one.left,
        "ahead": [
            (text(language, "queue.within", n=int(each.within / timedelta(hours=1))), each.late) for each in one.ahead
        ],
        "empty": _when(one.empty_at, now, zone, language),
    }


def _late(one: LateCase, now: datetime, zone: ZoneInfo, language: Language) -> dict[str, Any]:
    case = one.case
    return {
        "id": case.id,
        "site": case.site,
        "examination": _examination(one, language),
        "priority": text(language, f"priority.{case.priority}"),
        "urgency": case.priority,
        "place": text(
            language,
            "queue.name",
            step=text(language, f"step.{case.step}"),
            tier=text(language, f"policy.tier.{case.tier}"),
        ),
        "held": case.state in HELD,
        "rerouted": case.rerouted,
        "due": words.until(language, case.due_at, now),
        "due_at": words.moment(case.due_at, zone.key),
        "expected": _when(one.expected_at, now, zone, language),
    }


def _row(name: str, one: LateCase, now: datetime, zone: ZoneInfo, language: Language) -> list[str]:
    case = one.case
    over = max(int((now - case.due_at).total_seconds() // 60), 0)
    return [
        text(language, f"queue.{name}"),
        case.site_code,
        _examination(one, language),
        text(language, f"priority.{case.priority}"),
        text(language, f"step.{case.step}"),
        text(language, f"policy.tier.{case.tier}"),
        text(language, f"state.{case.state}"),
        words.moment(case.due_at, zone.key),
        str(over),
        words.moment(one.expected_at, zone.key) if one.expected_at else "",
        case.id,
    ]


def _site(one: SiteLoad, zone: ZoneInfo, language: Language) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "open": [one.open.get(step, 0) for step in Step],
        "late": one.late,
        "returned": _standing(one.returned, zone, language),
        "awaiting": _standing(one.awaiting, zone, language),
        "ordered": one.ordered,
        "urgent": one.urgent,
        "share": f"{round(100 * one.urgent / one.ordered)}%" if one.ordered else "",
        "words": text(language, "queue.urgent-of", n=one.urgent, of=one.ordered),
    }


def _standing(one: Standing, zone: ZoneInfo, language: Language) -> str:
    if one.since is None:
        return "0"
    return text(language, "queue.standing-since", n=one.cases, at=words.moment(one.since, zone.key))


def _examination(one: LateCase, language: Language) -> str:
    kind, part = one.case.modality, one.case.body_part
    named = (words.coded(language, "modality", kind or ""), words.coded(language, "body", part or ""))
    return " ".join(filter(None, named))


def _when(at: datetime | None, now: datetime, zone: ZoneInfo, language: Language) -> str:
    """A time ahead: the hour of today, or the day with it."""
    if at is None:
        return text(language, "queue.never")
    if at <= now:
        return text(language, "queue.now")
    return words.moment(at, zone.key)
