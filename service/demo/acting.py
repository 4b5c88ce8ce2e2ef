"""The people of the demonstration at work: a context in which one of them acts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from reading.audit import Audit
from reading.context import Context
from reading.register import people
from reading.reports.seal import Seal
from reading.viewers import Staff
from service.demo.region import Region


def usernames(made: Region) -> dict[str, str]:
    """By the names of the people."""
    return {each.name: each.username for each in made.sign_ins}


def as_person(  # noqa: PLR0917
    tx: Connection, audit: Audit, made: Region, name: str, now: datetime, seal: Seal | None = None
) -> Context[Staff]:
    """Of the one with that name, with the roles that they hold; with the ``seal`` they read reports, too."""
    one = people.by_username(tx, usernames(made)[name])
    assert one is not None  # noqa: S101 -- the first start made them
    grants = tuple(people.grants_of(tx, one.id, now))
    who = Staff(person_id=one.id, username=one.username, name=one.name, title=one.title, grants=grants)
    return Context(tx, audit, now, who, None if seal is None else seal.public_key)
