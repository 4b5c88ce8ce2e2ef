"""The clock of the region, by which times are told that belong to no site: of the organisation at its top."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from reading.kinds import Level
from reading.register import organisations


def zone(tx: Connection) -> ZoneInfo:
    """Of the organisation of the level region, else of the first under none; Beijing's until there is one."""
    standing = [one for one in organisations.list_all(tx) if one.until is None]
    tops = [one for one in standing if one.level is Level.REGION] or [one for one in standing if one.parent_id is None]
    return ZoneInfo(tops[0].time_zone if tops else organisations.TIME_ZONE)
