"""Grants: the sites that they open to their holder, and the one that a claim or a signature rests on."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.engine import Connection

from reading.kinds import Role, Tier
from reading.register import organisations
from reading.viewers import RoleGrant, Staff, Viewer
from storage.database import once

AT_THEIR_SITE: Final = frozenset({Role.TECHNICIAN, Role.CLINICIAN})
REGISTERED_BY: Final = (Role.TECHNICIAN, Role.CLINICIAN, Role.QUALITY_MANAGER)
"""Who registers patients at a site: those who work there, and those who say whose the images are."""
BY_AGREEMENT: Final = {
    Role.READER: (Tier.COUNTY, Tier.NEIGHBOUR, Tier.CITY),
    Role.RESIDENT: (Tier.COUNTY, Tier.NEIGHBOUR, Tier.CITY),
    Role.VERIFIER: (Tier.COUNTY, Tier.NEIGHBOUR, Tier.CITY),
    Role.REVIEWER: (Tier.CITY,),
}
"""Tiers of the agreements that open sites to a role. Readers of the city also take what the county escalates."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The sites whose work a person sees, by what they do there."""

    own: frozenset[str] = frozenset()
    """Where they take pictures or order them."""
    read: frozenset[str] = frozenset()
    """Whose images they read, verify or review."""
    managed: frozenset[str] = frozenset()
    """Whose quality they manage."""
    above: frozenset[str] = frozenset()
    """Managed sites strictly under the manager's organisation, and those with nothing above them: of these they also
    see what is withheld."""

    @property
    def sites(self) -> frozenset[str]:
        return self.own | self.read | self.managed


def reach(tx: Connection, staff: Staff, now: datetime) -> Reach:
    """The sites that a person's grants open to them at a time; those of administrators open none."""
    return once(tx, ("reach", staff.grants, now), lambda: _reach(tx, staff, now))


def _reach(tx: Connection, staff: Staff, now: datetime) -> Reach:
    managers = _organisations(staff, Role.QUALITY_MANAGER)
    under = organisations.below(tx, managers)
    return Reach(
        own=frozenset(grant.organisation_id for grant in staff.grants if grant.role in AT_THEIR_SITE),
        read=frozenset(_read(tx, staff, now)),
        managed=frozenset(managers | under),
        above=frozenset(under | organisations.without_parent(tx, managers)),
    )


def may_act(
    tx: Connection, viewer: Viewer, role: Role, site_id: str, now: datetime, *, tier: Tier | None = None
) -> RoleGrant | None:
    """The grant with which a person acts in a role for a site, None where they may not.

    ``tier`` is the tier that reads the case; without it, any tier of the role (`BY_AGREEMENT`).
    """
    if not isinstance(viewer, Staff):
        return None
    held = [grant for grant in viewer.grants if grant.role is role]
    if not held:
        return None
    acting = acts_from(tx, role, site_id, now, tier=tier)
    return next((grant for grant in held if grant.organisation_id in acting), None)


def acts_from(tx: Connection, role: Role, site_id: str, now: datetime, *, tier: Tier | None = None) -> AbstractSet[str]:
    """The organisations at which somebody holds a role so that they act in it for a site."""
    if role in AT_THEIR_SITE:
        return {site_id}
    if role in BY_AGREEMENT:
        tiers = [each for each in BY_AGREEMENT[role] if tier in {None, each}]
        return set[str]().union(*(organisations.readers_of(tx, site_id, each, now) for each in tiers))
    if role is Role.QUALITY_MANAGER:
        return {site_id, *organisations.above(tx, site_id)}
    return set()


def manages_at_the_top(tx: Connection, staff: Staff) -> RoleGrant | None:
    """The grant with which a person manages the quality of an organisation that stands under no other."""
    held = [grant for grant in staff.grants if grant.role is Role.QUALITY_MANAGER]
    return next((grant for grant in held if not organisations.above(tx, grant.organisation_id)), None)


def _organisations(staff: Staff, role: Role) -> set[str]:
    return {grant.organisation_id for grant in staff.grants if grant.role is role}


def _read(tx: Connection, staff: Staff, now: datetime) -> set[str]:
    held = [grant for grant in staff.grants if grant.role in BY_AGREEMENT]
    read = organisations.read_by(tx, {grant.organisation_id for grant in held}, now)
    return {
        site_id
        for grant in held
        for tier in BY_AGREEMENT[grant.role]
        for site_id in read.get((tier, grant.organisation_id), ())
    }
