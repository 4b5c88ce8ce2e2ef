"""The people of a system administrator: found by words, organisation and role, with roles, sessions, failures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from reading.administrators.security import open_sessions
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotThere
from reading.kinds import Role
from reading.register import administered, organisations, people
from reading.register.organisations import Organisation
from reading.register.people import Person
from reading.sessions.failed_proofs import Kind
from reading.tables import failed_proof
from reading.viewers import RoleGrant, Staff

MOST: Final = 200
"""People of one answer."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """A person with the roles that they hold now or will hold, their open sessions, and failed sign-ins."""

    person: Person
    grants: tuple[RoleGrant, ...]
    sessions: int = 0
    failures: int = 0
    waits_until: datetime | None = None
    """They have to wait so long before the next attempt; None where they need not."""


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """The first `MOST` that were found, and how many there are."""

    listed: tuple[Account, ...]
    found: int


@without_door("The register of organisations and people; nothing of a patient is in it.")
def accounts(
    ctx: Context[Staff | Actor],
    *,
    words: str = "",
    organisation_id: str = "",
    role: Role | None = None,
    ended: bool = False,
) -> Accounts:
    """Those whose name or username holds the words, by username; ``ended``: who has ended, instead of the others.

    Raises:
        NotAllowed: they are no system administrator.

    """
    kept = administered.kept_organisations(ctx)
    everywhere = not isinstance(ctx.who, Staff) or administered.keeps_all(ctx.tx, ctx.who)
    held = people.every_grant(ctx.tx)
    sought = words.strip().casefold()
    found: list[Account] = []
    for one in people.list_all(ctx.tx):
        theirs = held.get(one.id, [])
        standing = tuple(each for each in theirs if each.until is None or each.until > ctx.now)
        if (one.until is not None) != ended:
            continue
        if not everywhere and not any(each.organisation_id in kept for each in theirs):
            continue
        if sought and sought not in one.name.casefold() and sought not in one.username:
            continue
        shown = theirs if ended else standing
        if organisation_id and not any(each.organisation_id == organisation_id for each in shown):
            continue
        if role is not None and not any(each.role is role for each in shown):
            continue
        found.append(Account(person=one, grants=standing))
    return Accounts(listed=tuple(_with_sign_in(ctx, found[:MOST])), found=len(found))


@without_door("The register of organisations and people; nothing of a patient is in it.")
def account(ctx: Context[Staff | Actor], person_id: str) -> Account:
    """One person, also one who has ended.

    Raises:
        NotAllowed: they are no system administrator.
        NotThere: no such person, or they never worked where the administrator's organisations are.

    """
    kept = administered.kept_organisations(ctx)
    one = people.by_id(ctx.tx, person_id)
    held = people.every_grant(ctx.tx, person_id).get(person_id, [])
    everywhere = not isinstance(ctx.who, Staff) or administered.keeps_all(ctx.tx, ctx.who)
    if one is None or not (everywhere or any(each.organisation_id in kept for each in held)):
        raise NotThere
    return _with_sign_in(ctx, [Account(person=one, grants=tuple(held))])[0]


@without_door("The register of organisations and people; nothing of a patient is in it.")
def keeps_account(ctx: Context[Staff | Actor], person_id: str) -> bool:
    """Whether they keep the account itself, and not only roles of the person."""
    try:
        administered.kept_person(ctx, person_id)
    except NotThere:
        return False
    return True


@without_door("The register of organisations and people; nothing of a patient is in it.")
def kept_places(ctx: Context[Staff | Actor]) -> list[Organisation]:
    """The organisations in force that they keep, by code.

    Raises:
        NotAllowed: they are no system administrator.

    """
    kept = administered.kept_organisations(ctx)
    return [one for one in organisations.list_all(ctx.tx) if one.id in kept and one.until is None]


@without_door("The register of organisations and people; nothing of a patient is in it.")
def new_people(ctx: Context[Staff | Actor], at: datetime) -> list[Person]:
    """Those who were added in one moment, as a table adds them, and have their first password still; by username.

    Raises:
        NotAllowed: they are no system administrator.

    """
    kept = administered.kept_organisations(ctx)
    held = people.every_grant(ctx.tx)
    return [
        one
        for one in people.list_all(ctx.tx)
        if one.since == at
        and one.must_change_password
        and one.revision == 1
        and any(each.organisation_id in kept for each in held.get(one.id, []))
    ]


def _with_sign_in(ctx: Context[Staff | Actor], found: list[Account]) -> list[Account]:
    sessions = open_sessions(ctx.tx, ctx.now)
    row = failed_proof.c
    counted = sa.select(row.about, sa.func.sum(row.failures), sa.func.max(row.closed_until)).where(
        row.about.in_([one.person.id for one in found]), row.kind.in_([Kind.PAIR, Kind.ACCOUNT]), row.failures > 0
    )
    failed = {about: (int(number), until) for about, number, until in ctx.tx.execute(counted.group_by(row.about))}
    complete: list[Account] = []
    for one in found:
        failures, until = failed.get(one.person.id, (0, None))
        complete.append(
            Account(
                person=one.person,
                grants=one.grants,
                sessions=sessions.get(one.person.id, 0),
                failures=failures,
                waits_until=until if until is not None and until > ctx.now else None,
            )
        )
    return complete
