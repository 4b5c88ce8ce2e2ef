"""Rosters of the demonstration: a week of the city and of two counties, while a third keeps none."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from reading.audit import Actor
from reading.cases.moves import Step
from reading.context import Context
from reading.roster import absences, limits, skills, slots
from reading.roster.absences import AbsenceKind
from reading.roster.skills import SkillKind
from service.demo.region import Region

ZONE: Final = ZoneInfo("Asia/Shanghai")
# Name, organisation, reading group, from and to by the clock: the day of the first start and the six after it.
SHIFTS: Final = (
    ("谢婉", "QINGSHUI", Step.READ, time(0), time(0)),
    ("陆海平", "QINGSHUI", Step.VERIFY, time(0), time(20)),
    ("林书远", "PINGAN", Step.READ, time(0), time(16)),
    ("郑敏", "PINGAN", Step.VERIFY, time(8), time(20)),
    ("白若愚", "CITY", Step.REVIEW, time(0), time(12)),
    ("钱立", "CITY", Step.REVIEW, time(12), time(0)),
)
SKILLS: Final = (
    ("谢婉", SkillKind.MODALITY, "CT"),
    ("谢婉", SkillKind.SUBSPECIALTY, "胸部"),
    ("白若愚", SkillKind.SUBSPECIALTY, "神经"),
    ("钱立", SkillKind.SUBSPECIALTY, "骨肌"),
)


def make(ctx: Context[Actor], made: Region) -> None:
    usernames = {each.name: each.username for each in made.sign_ins}
    first = ctx.now.astimezone(ZONE).date()
    for name, code, step, begins, ends in SHIFTS:
        for number in range(7):
            day = first + timedelta(days=number)
            until = datetime.combine(day if ends > begins else day + timedelta(days=1), ends, ZONE)
            if until > ctx.now:
                slots.add(
                    ctx,
                    organisation_code=code,
                    username=usernames[name],
                    step=step,
                    since=datetime.combine(day, begins, ZONE),
                    until=until,
                )
    for name, kind, code in SKILLS:
        skills.add(ctx, username=usernames[name], kind=kind, code=code)
    limits.say(ctx, username=usernames["林书远"], most=3)
    since = datetime.combine(first + timedelta(days=2), time(8), ZONE)
    absences.add(
        ctx,
        username=usernames["郑敏"],
        kind=AbsenceKind.TRAINING,
        since=since,
        until=since + timedelta(days=2),
    )
