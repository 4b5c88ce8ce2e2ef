"""Standing: the desks at which somebody may take cases, the skills they have, and whether they may hold more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.kinds import Role, Tier
from reading.queue.waiting import NOW, PERSON, Key, is_among
from reading.register import organisations
from reading.roster import skills
from reading.roster.groups import ROLES
from reading.row_rules import valid_at
from reading.rules import policy, staffing
from reading.tables import agreement, case_limit, lease, person_skill
from reading.tables import policy as policies
from reading.viewers import RoleGrant, Staff
from storage.prepared import Prepared, fetch_each

Desks = Mapping[Key, Mapping[str, RoleGrant]]
"""For each step and tier the sites that somebody may work for, with the grant that allows it."""
_ORGANISATIONS: Final = "organisations"


@dataclass(frozen=True, kw_only=True)
class Standing:
    desks: Desks
    skill_sets: tuple[str, ...]
    """The sets of skills of all rules that the person has; the empty one is always among them."""
    is_limited: bool
    at_limit: bool
    """They work at as many cases as they may; what lies aside is not counted."""
    at_limit_later: bool
    """They will, once one of these is done."""


def _asked(dialect: str) -> sa.CompoundSelect[Any]:
    def said(what: str, value: sa.ColumnElement[Any], *more: sa.ColumnElement[Any]) -> sa.Select[Any]:
        columns = [*more, sa.null(), sa.null()][:2]
        return sa.select(sa.literal_column(f"'{what}'"), sa.cast(value, sa.String), *columns)

    return sa.union_all(
        said("agreement", agreement.c.site_id, agreement.c.reader_id, agreement.c.tier).where(
            is_among(dialect, agreement.c.reader_id, _ORGANISATIONS), valid_at(agreement, NOW)
        ),
        said("skill", person_skill.c.code).where(person_skill.c.person_id == PERSON, valid_at(person_skill, NOW)),
        said("policy", policies.c.id),
        said("most", case_limit.c.most).where(case_limit.c.person_id == PERSON, valid_at(case_limit, NOW)),
        # What is put aside makes room for the urgent.
        said("held", sa.func.count())
        .select_from(lease)
        .where(lease.c.person_id == PERSON, lease.c.parked_at.is_(None)),
    )


_ASKED: Final = Prepared(_asked)


def standing_of(tx: Connection, staff: Staff, now: datetime) -> Standing:
    """What somebody may be given, in one question: it is asked at every claim."""
    said: dict[str, list[str]] = {"skill": [], "policy": [], "most": [], "held": []}
    read: dict[tuple[Tier, str], list[str]] = {}
    asked = {
        "person": staff.person_id,
        "now": now,
        _ORGANISATIONS: sorted({grant.organisation_id for grant in staff.grants}),
    }
    for what, value, reader_id, tier in fetch_each(tx, [(_ASKED, asked)], planned_once=True)[0]:
        if what == "agreement":
            read.setdefault((Tier(tier), reader_id), []).append(value)
        else:
            said[what].append(value)
    most = min(map(int, said["most"]), default=None)
    held = int(said["held"][0])
    return Standing(
        desks=_desks(staff, read),
        skill_sets=tuple(sorted(staffing.met(_sets(tx, said["policy"]), said["skill"]))),
        is_limited=most is not None,
        at_limit=most is not None and held >= most,
        at_limit_later=most is not None and held > most,
    )


def desks_of(tx: Connection, staff: Staff, now: datetime) -> Desks:
    """The desks at which this person may work."""
    return _desks(staff, organisations.read_by(tx, {grant.organisation_id for grant in staff.grants}, now))


def sets_of_people(tx: Connection, person_ids: Iterable[str], now: datetime) -> dict[str, frozenset[str]]:
    """The sets of skills of all rules that each person has."""
    people = list(person_ids)
    sets = _sets(tx, tx.scalars(sa.select(policies.c.id)).all())
    had: dict[str, list[str]] = {one: [] for one in people}
    for one in skills.list_of(tx, people, now):
        had[one.person_id].append(one.code)
    return {one: staffing.met(sets, codes) for one, codes in had.items()}


def _desks(staff: Staff, read: Mapping[tuple[Tier, str], Sequence[str]]) -> Desks:
    found: dict[Key, dict[str, RoleGrant]] = {}
    for (step, tier), roles in ROLES.items():
        # Whoever is in training at one of two organisations that read for a site is countersigned there.
        for role in sorted(roles, key=lambda one: one is not Role.RESIDENT):
            for grant in staff.grants:
                if grant.role is role:
                    for site_id in read.get((tier, grant.organisation_id), ()):
                        found.setdefault((step, tier), {}).setdefault(site_id, grant)
    return found


def _sets(tx: Connection, ids: Sequence[str]) -> frozenset[str]:
    rules = (rule for one in ids for rule in policy.by_id(tx, one).rules)
    return frozenset(staffing.asked(rule.skills) for rule in rules)
