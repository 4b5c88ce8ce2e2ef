"""The sites of somebody: those that they see, where they take pictures or order them, whose patients they register."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.engine import Connection

from reading.errors import NotThere
from reading.register import organisations
from reading.register.grants import reach
from reading.register.organisations import Organisation
from reading.viewers import Staff


def visible_site(tx: Connection, staff: Staff, code: str, now: datetime) -> Organisation:
    """A site by its code.

    Raises:
        NotThere: there is none, or it is not one that they see.

    """
    site = organisations.by_code(tx, code)
    if site is None or site.id not in reach(tx, staff, now).sites:
        raise NotThere
    return site


def own_sites(tx: Connection, staff: Staff, now: datetime) -> list[Organisation]:
    """The sites where they take pictures or order them, by code."""
    return _by_code(tx, reach(tx, staff, now).own)


def registering_sites(tx: Connection, staff: Staff, now: datetime) -> list[Organisation]:
    """The sites whose patients they register: where they work, and those that they manage; by code."""
    reached = reach(tx, staff, now)
    return _by_code(tx, reached.own | reached.managed)


def _by_code(tx: Connection, site_ids: Iterable[str]) -> list[Organisation]:
    return sorted(organisations.by_ids(tx, site_ids).values(), key=lambda site: site.code)
