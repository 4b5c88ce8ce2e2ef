"""The roster as a page shows it: a week, a row a person, and who is on duty now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reading.context import Context
from reading.queue.choosing import Chosen
from reading.register.organisations import Organisation
from reading.roster import absences, at_work, limits, skills, slots
from reading.roster.absences import Absence
from reading.roster.groups import GROUPS
from reading.roster.members import Member, members_of
from reading.roster.slots import Slot
from reading.viewers import Staff
from viewer.words import words
from viewer.words.catalogue import Language, text

Shown = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Week:
    """Seven days from a Monday, on the clock of an organisation."""

    monday: date
    zone: ZoneInfo

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=number) for number in range(7)]

    @property
    def month(self) -> tuple[datetime, datetime]:
        """The month that its Monday is in."""
        first = self.monday.replace(day=1)
        after = (first + timedelta(days=31)).replace(day=1)
        begins, ends = (datetime.combine(day, time(), self.zone) for day in (first, after))
        return begins, ends

    @property
    def since(self) -> datetime:
        return datetime.combine(self.monday, time(), self.zone)

    @property
    def until(self) -> datetime:
        return datetime.combine(self.monday + timedelta(days=7), time(), self.zone)


def week_of(day: date, zone: ZoneInfo) -> Week:
    return Week(monday=day - timedelta(days=day.weekday()), zone=zone)


def page_of(ctx: Context[Staff], place: Organisation, week: Week, language: Language) -> Shown:
    """The week of an organisation, with its people."""
    members = members_of(ctx.tx, place.id, ctx.now)
    found = slots.between(ctx, place.id, week.since, week.until)
    people = [one.person_id for one in members]
    away, had = absences.list_of(ctx.tx, people, ctx.now), skills.list_of(ctx.tx, people, ctx.now)
    most = limits.of_people(ctx.tx, people, ctx.now)
    today = ctx.now.astimezone(week.zone).date()
    return {
        "days": [
            {
                "date": day.isoformat(),
                "weekday": text(language, f"calendar.weekday.{day.weekday()}"),
                "short": f"{day.month}/{day.day}",
                "today": day == today,
            }
            for day in week.days
        ],
        "rows": [_row(one, found, away, week, ctx.now, language) for one in members],
        "people": [
            {
                "username": one.username,
                "name": one.name,
                "title": one.title,
                "skills": [{"id": each.id, "code": each.code} for each in had if each.person_id == one.person_id],
                "absences": [
                    {
                        "id": each.id,
                        "kind": text(language, f"roster.absence.{each.kind}"),
                        "since": words.moment(each.since, place.time_zone),
                        "until": words.moment(each.until, place.time_zone) if each.until else "",
                    }
                    for each in away
                    if each.person_id == one.person_id
                ],
                "most": most.get(one.person_id, ""),
            }
            for one in members
        ],
        "now": on_duty(ctx, [place.id], language),
    }


def on_duty(ctx: Context[Staff], organisation_ids: Sequence[str], language: Language) -> list[Shown]:
    """Who is on duty now in organisations, and what stands against handing them a case.

    How many cases somebody has is not told to those who read beside them: with one case it would tell who reads it.
    """
    reads = {grant.organisation_id for grant in ctx.who.grants if grant.role in GROUPS}
    return [
        {
            "name": one.slot.name,
            "step": text(language, f"step.{one.slot.step}"),
            "until": clock(one.slot.until, ZoneInfo(one.slot.time_zone)),
            "open": None
            if one.slot.organisation_id in reads and one.slot.person_id != ctx.who.person_id
            else one.open_cases,
            "mine": one.slot.person_id == ctx.who.person_id,
            "available": not one.obstacles,
            "obstacles": text(language, "list-comma").join(
                text(language, f"roster.obstacle.{obstacle}") for obstacle in one.obstacles
            ),
        }
        for one in at_work.on_duty(ctx.tx, organisation_ids, ctx.now)
    ]


def choosing(found: Sequence[Chosen]) -> list[Shown]:
    """What each person took, in numbers."""
    return [
        {
            "name": one.name,
            "taken": one.handed + one.chosen,
            "chosen": one.chosen,
            "share": f"{one.share:.0%}",
            "handed_weight": "—" if one.handed_weight is None else f"{one.handed_weight:.2f}",
            "chosen_weight": "—" if one.chosen_weight is None else f"{one.chosen_weight:.2f}",
            "skipped": one.skipped,
            "not_taken": one.not_taken,
        }
        for one in found
    ]


def clock(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%H:%M")


def _row(  # noqa: PLR0917
    one: Member, found: Sequence[Slot], away: Sequence[Absence], week: Week, now: datetime, language: Language
) -> Shown:
    cells: list[list[Shown]] = [[] for _ in week.days]
    for slot in found:
        if slot.person_id != one.person_id:
            continue
        begins = max(slot.since, week.since)
        cells[(begins.astimezone(week.zone).date() - week.monday).days].append(
            {
                "id": slot.id,
                "step": text(language, f"step.{slot.step}"),
                "code": slot.step.value,
                "from": clock(slot.since, week.zone),
                "to": clock(slot.until, week.zone),
                "begun": slot.since <= now,
                "over": slot.until <= now,
            }
        )
    return {
        "username": one.username,
        "name": one.name,
        "title": one.title,
        "steps": [(step.value, text(language, f"step.{step}")) for step in one.steps],
        "cells": cells,
        "away": [_away(one, away, day, week.zone, language) for day in week.days],
    }


def _away(one: Member, away: Sequence[Absence], day: date, zone: ZoneInfo, language: Language) -> list[str]:
    """Why somebody is away on a day or a part of it."""
    begins = datetime.combine(day, time(), zone)
    ends = datetime.combine(day + timedelta(days=1), time(), zone)
    return [
        text(language, f"roster.absence.{each.kind}")
        for each in away
        if each.person_id == one.person_id and each.since < ends and (each.until is None or each.until > begins)
    ]
