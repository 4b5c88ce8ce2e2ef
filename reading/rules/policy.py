"""Policies: rules in numbered versions, one of which is in force at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from reading import tables
from reading.errors import Stale
from reading.rules.first_policy import FIRST_POLICY
from reading.rules.rule import Facts, Rule
from reading.rules.rules_document import read_rules
from storage.ids import new_id

_MOST_KEPT: Final = 100


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


_READ: Final[dict[str, Policy]] = {}
"""Policies that were read, at most `_MOST_KEPT`."""


def install(tx: Connection, document: Mapping[str, Any], made_by: str | None, now: datetime, *, version: int) -> Policy:
    """Put a rules document into force; cases that exist keep the policy that they were opened under.

    ``version`` is one above the newest that its author knew.

    Raises:
        Invalid: the document has an error.
        Stale: there is a policy of this version already.

    """
    made = Policy(id=new_id(), version=version, rules=read_rules(document))
    try:
        with tx.begin_nested():
            tx.execute(sa.update(tables.policy).where(_open()).values(until=now))
            tx.execute(
                sa.insert(tables.policy).values(
                    id=made.id, version=made.version, rules=dict(document), made_at=now, made_by=made_by, since=now
                )
            )
    except IntegrityError as overtaken:
        newest = tx.scalar(sa.select(sa.func.max(tables.policy.c.version)))
        if newest is None or newest < version:
            raise  # the version is free: the author is no person of ours
        raise Stale(newest) from overtaken
    return made


def in_force(tx: Connection, now: datetime) -> Policy:
    """The policy that new cases are opened under; where there is none yet, the first one is installed."""
    found = _in_force(tx)
    if found is not None:
        return found
    try:
        return install(tx, FIRST_POLICY, None, now, version=1)
    except Stale:  # another process installed it in the meantime
        return by_id(tx, cast("str", tx.execute(sa.select(tables.policy.c.id).where(_open())).scalar_one()))


def by_id(tx: Connection, policy_id: str) -> Policy:
    """The policy with this id; a version never changes, so each is read once by a process."""
    kept = _READ.get(policy_id)
    if kept is None:
        kept = _policy(tx.execute(sa.select(tables.policy).where(tables.policy.c.id == policy_id)).one())
        if len(_READ) >= _MOST_KEPT:
            _READ.clear()
        _READ[policy_id] = kept
    return kept


def due_at(rule: Rule, received_at: datetime) -> datetime:
    """When a case of this rule is due to be released."""
    return received_at + timedelta(minutes=rule.due_minutes)


def indicator_at(rule: Rule, examined_at: datetime) -> datetime:
    """Until when a case of this rule counts as released in time."""
    return examined_at + timedelta(minutes=rule.indicator_minutes)


def _open() -> sa.ColumnElement[bool]:
    return tables.policy.c.until.is_(None)


def _in_force(tx: Connection) -> Policy | None:
    row = tx.execute(sa.select(tables.policy).where(_open())).one_or_none()
    return None if row is None else _policy(row)


def _policy(row: sa.Row[Any]) -> Policy:
    return Policy(id=row.id, version=row.version, rules=read_rules(row.rules))
