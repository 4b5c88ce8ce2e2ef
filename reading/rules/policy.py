"""Policies: rules in numbered versions, none of which ever changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from reading import tables
from reading.clock.hours import ROUND_THE_CLOCK, Days, Hours, WorkingHours
from reading.errors import NotThere, Stale
from reading.rules import switches
from reading.rules.facts import Facts
from reading.rules.first_policy import FIRST_POLICY
from reading.rules.rule import Rule
from reading.rules.rules_document import kept_rules, read_rules
from storage.ids import new_id

_MOST_KEPT: Final = 100
_NUMBERS: Final = range(1, 1 << 31)
"""What a column of the versions' numbers holds."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One version of the rules."""

    id: str
    version: int
    rules: tuple[Rule, ...]

    def match(self, facts: Facts) -> Rule:
        """The first rule whose conditions the case meets; the last rule has none (`read_rules`)."""
        return next(rule for rule in self.rules if rule.when.holds(facts))

    def rule(self, name: str) -> Rule:
        return next(rule for rule in self.rules if rule.name == name)


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version as it is kept: its document, and who made it."""

    id: str
    version: int
    document: Mapping[str, Any] = field(repr=False)
    note: str
    made_at: datetime
    made_by: str | None
    """None: the system, which made the first one, or the command line."""


_READ: Final[dict[str, Policy]] = {}
"""Policies that were read, at most `_MOST_KEPT`."""


def add(
    tx: Connection, document: Mapping[str, Any], made_by: str | None, now: datetime, *, version: int, note: str = ""
) -> Policy:
    """Keep a document as a new version, which is not in force yet.

    ``version`` is one above the newest that its author knew.

    Raises:
        InvalidDocument: the document has errors.
        Stale: there is a policy of this version already.

    """
    made = Policy(id=new_id(), version=version, rules=read_rules(document))
    try:
        with tx.begin_nested():
            tx.execute(
                sa.insert(tables.policy),
                {
                    "id": made.id,
                    "version": version,
                    "rules": dict(document),
                    "note": note,
                    "made_at": now,
                    "made_by": made_by,
                },
            )
    except IntegrityError as overtaken:
        newest = newest_version(tx)
        if newest < version:
            raise  # the version is free: the author is no person of ours
        raise Stale(newest) from overtaken
    return made


def install(tx: Connection, document: Mapping[str, Any], made_by: str | None, now: datetime, *, version: int) -> Policy:
    """Add a version and put it into force; cases that exist keep the policy that they were opened under.

    Raises:
        InvalidDocument: the document has errors.
        Stale: there is a policy of this version already.

    """
    made = add(tx, document, made_by, now, version=version)
    switches.add(tx, made.id, at=now, made_by=made_by, now=now)
    return made


def in_force(tx: Connection, now: datetime) -> Policy:
    """The policy that new cases are opened under; where there is none yet, the first one is installed."""
    found = switches.policy_at(tx, now)
    if found is not None:
        return by_id(tx, found)
    try:
        return install(tx, FIRST_POLICY, None, now, version=1)
    except Stale:  # another process installed it in the meantime
        return by_id(tx, tx.execute(sa.select(tables.policy.c.id).where(tables.policy.c.version == 1)).scalar_one())


def by_id(tx: Connection, policy_id: str) -> Policy:
    """The policy with this id; a version never changes, so each is read once by a process."""
    kept = _READ.get(policy_id)
    if kept is None:
        row = tx.execute(sa.select(tables.policy).where(tables.policy.c.id == policy_id)).one()
        kept = Policy(id=row.id, version=row.version, rules=kept_rules(row.rules))
        if len(_READ) >= _MOST_KEPT:
            _READ.clear()
        _READ[policy_id] = kept
    return kept


def newest_version(tx: Connection) -> int:
    """The number of the newest version; 0 where there is none."""
    return tx.scalar(sa.select(sa.func.max(tables.policy.c.version))) or 0


def versions(tx: Connection) -> list[Version]:
    """Every version, the newest first."""
    return [_version(row) for row in tx.execute(sa.select(tables.policy).order_by(tables.policy.c.version.desc()))]


def version(tx: Connection, number: int) -> Version:
    """A version by its number.

    Raises:
        NotThere: there is none.

    """
    if number not in _NUMBERS:
        raise NotThere("policy", str(number))
    row = tx.execute(sa.select(tables.policy).where(tables.policy.c.version == number)).one_or_none()
    if row is None:
        raise NotThere("policy", str(number))
    return _version(row)


def due_at(rule: Rule, received_at: datetime, *, days: Days, zone: str) -> datetime:
    """When a case of this rule from a site in a time zone is due to be released."""
    return hours_of(rule, days=days, zone=zone).after(received_at, timedelta(minutes=rule.due_minutes))


def hours_of(rule: Rule, *, days: Days, zone: str) -> Hours:
    """The hours in which the clocks of a rule run."""
    hours = rule.working_hours
    if hours is None:
        return ROUND_THE_CLOCK
    return WorkingHours(begins=hours.begins, ends=hours.ends, zone=ZoneInfo(zone), days=days)


def indicator_at(rule: Rule, examined_at: datetime) -> datetime:
    """Until when a case of this rule counts as released in time."""
    return examined_at + timedelta(minutes=rule.indicator_minutes)


def _version(row: sa.Row[Any]) -> Version:
    return Version(
        id=row.id,
        version=row.version,
        document=row.rules,
        note=row.note,
        made_at=row.made_at,
        made_by=row.made_by,
    )
