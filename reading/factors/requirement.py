"""Who must have a second factor: by their roles, by where they read from, or because it was required of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.factors import resets
from reading.kinds import Role
from reading.register import devices
from reading.row_rules import open_at
from reading.tables import factor, factor_requirement
from reading.viewers import RoleGrant
from storage.ids import new_id

Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
READ: Final = frozenset({Role.READER, Role.RESIDENT, Role.VERIFIER, Role.REVIEWER})


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """What the settings ask."""

    roles: frozenset[Role]
    """Whose holders must have a factor."""
    inside: Networks = ()
    """Whoever reads from another address must have one as well; empty: no address is told from another."""

    def asks(self, grants: Iterable[RoleGrant], address: str) -> bool:
        held = {grant.role for grant in grants}
        return bool(held & self.roles) or (bool(held & READ) and self._is_outside(address))

    def _is_outside(self, address: str) -> bool:
        if not self.inside:
            return False
        caller = devices.read_address(address)
        return caller is None or not any(caller in each for each in self.inside)


class Needs(StrEnum):
    """What is still to be shown after the password."""

    FACTOR = "factor"
    SLIP = "slip"
    """The slip of a reset; then a new factor."""
    ENROLMENT = "enrolment"
    """A first factor, which they must have."""


def needs_of(  # noqa: PLR0917
    tx: Connection,
    person_id: str,
    grants: Iterable[RoleGrant],
    requirement: Requirement,
    address: str,
    now: datetime,
) -> Needs | None:
    """What somebody has to show after their password; None: nothing."""
    if resets.is_waiting(tx, person_id):
        return Needs.SLIP
    if has_any(tx, person_id, now):
        return Needs.FACTOR
    if requirement.asks(grants, address) or is_required_of(tx, person_id, now):
        return Needs.ENROLMENT
    return None


def has_any(tx: Connection, person_id: str, now: datetime) -> bool:
    asked = sa.select(factor.c.id).where(factor.c.person_id == person_id, open_at(factor, now)).limit(1)
    return tx.execute(asked).first() is not None


def is_required_of(tx: Connection, person_id: str, now: datetime) -> bool:
    """Whether it was required of this person, whatever their roles."""
    return person_id in all_required(tx, now, person_id)


def all_required(tx: Connection, now: datetime, person_id: str | None = None) -> frozenset[str]:
    """The ids of those of whom it was required, whatever their roles; at most this one person."""
    row = factor_requirement
    theirs = sa.true() if person_id is None else row.c.person_id == person_id
    return frozenset(tx.scalars(sa.select(row.c.person_id).where(theirs, open_at(row, now))))


def require(tx: Connection, person_id: str, now: datetime, *, by: str | None) -> bool:
    """Require it of a person from now on; whether it was not required before."""
    if is_required_of(tx, person_id, now):
        return False
    tx.execute(factor_requirement.insert(), {"id": new_id(), "person_id": person_id, "since": now, "required_by": by})
    return True


def require_no_longer(tx: Connection, person_id: str, now: datetime, *, by: str | None) -> bool:
    """Whether it was required of the person."""
    theirs = (factor_requirement.c.person_id == person_id) & open_at(factor_requirement, now)
    return tx.execute(factor_requirement.update().where(theirs).values(until=now, ended_by=by)).rowcount > 0
