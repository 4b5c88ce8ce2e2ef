"""Facts as somebody types them, to ask which rule such a case would meet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import Invalid
from reading.kinds import Priority, Sex
from reading.register import organisations, region_clock
from reading.rules import calendar, policy_rights
from reading.rules.facts import Facts
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class TypedFacts:
    """What is known of a case that might come."""

    site: str = ""
    """Code of the organisation; empty: none that a rule asks for."""
    modality: str = ""
    body_part: str = ""
    priority: Priority = Priority.ROUTINE
    department: str = ""
    contrast: bool | None = None
    request: str = field(default="", repr=False)
    sex: Sex = Sex.UNKNOWN
    age_years: int | None = None
    at: datetime | None = None
    """When its first image comes, by the clock of the site; None: now."""
    critical: bool = False
    escalated: bool = False


@without_door("Facts that somebody types; nothing of a patient is looked at.")
def facts(ctx: Context[Staff | Actor], typed: TypedFacts) -> Facts:
    """The facts of such a case, with what the calendar says of its day.

    Raises:
        NotThere: they neither manage quality nor administer the system.
        Invalid: there is no such site.

    """
    policy_rights.may_look(ctx.who)
    site = organisations.by_code(ctx.tx, typed.site) if typed.site else None
    if typed.site and site is None:
        raise Invalid("site", "unknown")
    zone = ZoneInfo(site.time_zone) if site else region_clock.zone(ctx.tx)
    there = ctx.now.astimezone(zone) if typed.at is None else typed.at.replace(tzinfo=zone)
    return Facts(
        modality=typed.modality,
        body_part=typed.body_part,
        site_id=site.id if site else "",
        site_code=typed.site,
        department=typed.department,
        contrast=typed.contrast,
        request=typed.request,
        sex=typed.sex,
        age_years=typed.age_years,
        received_at=there,
        working_day=calendar.read(ctx.tx, there.date(), there.date()).is_working(there.date()),
        priority=typed.priority,
        critical=typed.critical,
        escalated=typed.escalated,
    )
