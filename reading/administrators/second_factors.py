"""What administrators do with the factors of others: see who has which, require them, and reset those that are lost.

A system administrator resets; the factors of one of the three administrators are reset by two of them, and nobody's by
themselves. The slip that is made is handed over in person; asking again voids it and opens nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from reading.actions import Action
from reading.audit import Actor
from reading.context import Acts, Context, without_door
from reading.errors import NotAllowed, NotThere
from reading.factors import factors, recovery_codes, requirement, resets
from reading.factors.factors import Kind
from reading.factors.requirement import Requirement
from reading.factors.resets import Reset
from reading.kinds import Role
from reading.patients.keys import Keys
from reading.register import administered, people, roles
from reading.register.administrator import only
from reading.register.people import ADMINISTRATORS, Person
from reading.sessions import account_notices, half_sessions, staff_sessions
from reading.sessions.account_notices import Notice
from reading.sessions.staff_sessions import EndReason
from reading.viewers import Staff

_CONFIRMING: Final = (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR)


@dataclass(frozen=True, kw_only=True)
class FactorsOf:
    """What one person has to sign in with beside a password."""

    person: Person
    places: frozenset[str] = field(repr=False)
    """The organisations where they hold roles."""
    kinds: tuple[Kind, ...]
    """One entry for each factor, the oldest first."""
    recovery_codes: int
    by_role: bool
    """The settings ask it of a role that they hold."""
    by_name: bool
    """It was required of them."""
    reset: Reset | None = field(repr=False)
    """One that has not come to its end."""


@without_door("The register of people; nothing of a patient is in it.")
def holdings(acts: Acts[Staff | Actor], required: Requirement) -> list[FactorsOf]:
    """Everybody who may sign in, by username; a system administrator sees those whose accounts they keep.

    It is on record before it is read, and no writer waits for the reading.

    Raises:
        NotAllowed: they administer neither system nor security.

    """
    _administers(acts.who)
    with acts.act() as ctx:
        ctx.record(action=Action.FACTORS_LIST, subject_kind="person", subject_id="")
    with acts.look() as ctx:
        found = _of(ctx, required, [one for one in people.list_all(ctx.tx) if one.until is None])
        if _is_bound(ctx.who):
            kept = administered.kept_organisations(ctx)
            return [one for one in found if one.places and one.places <= kept]
        return found


@without_door("The register of people; nothing of a patient is in it.")
def holding(ctx: Context[Staff | Actor], required: Requirement, username: str) -> FactorsOf:
    """What one person has.

    Raises:
        NotAllowed: they administer neither system nor security.
        NotThere: no such person, or they have ended.

    """
    one = _administered(ctx, username)
    ctx.record(action=Action.FACTORS_LIST, subject_kind="person", subject_id=one.id)
    (found,) = _of(ctx, required, [one], one.id)
    return found


@without_door("The register of people; nothing of a patient is in it.")
def require(ctx: Context[Staff | Actor], username: str, *, required: bool) -> None:
    """Require a second factor of one person from the next sign-in on, or do so no longer.

    Raises:
        NotAllowed: they are no security administrator.
        NotThere: no such person, or they have ended.

    """
    only(ctx.who, Role.SECURITY_ADMINISTRATOR)
    one = roles.person_of(ctx.tx, username)
    change = requirement.require if required else requirement.require_no_longer
    if not change(ctx.tx, one.id, ctx.now, by=_id_of(ctx.who)):
        return
    if required:
        account_notices.tell(ctx.tx, one.id, Notice.FACTORS_REQUIRED, ctx.now)
    ctx.record(action=Action.FACTORS_REQUIRE, subject_kind="person", subject_id=one.id, details={"required": required})


@without_door("The register of people; nothing of a patient is in it.")
def ask_reset(ctx: Context[Staff | Actor], keys: Keys, username: str) -> str | None:
    """Reset the factors of somebody who lost them; answers the code of the slip, which is shown this once.

    None where it is an administrator: then another administrator confirms it, who gets the slip.

    Raises:
        NotAllowed: they are no system administrator, or it is their own account.
        NotThere: no such person, they have ended, or their account is not theirs to keep.

    """
    only(ctx.who, Role.SYSTEM_ADMINISTRATOR)
    one = administered.kept_person(ctx, roles.person_of(ctx.tx, username).id)
    _not_their_own(ctx.who, one)
    reset = resets.ask(ctx.tx, one.id, ctx.now, by=_id_of(ctx.who))
    if reset.confirmed_at is not None:
        half_sessions.end_all(ctx.tx, one.id, ctx.now)  # to which the slip that is void now was shown
    _record(ctx, one, "ask")
    if isinstance(ctx.who, Staff) and _is_administrator(ctx, one):
        return None
    return _reset(ctx, keys, one, reset)


@without_door("The register of people; nothing of a patient is in it.")
def confirm_reset(ctx: Context[Staff | Actor], keys: Keys, username: str) -> str:
    """Confirm the reset of an administrator's factors that another one asked for; answers the code of the slip.

    Raises:
        NotAllowed: they administer neither system nor security, asked for it themselves, or it is their own account.
        NotThere: no such person, or nothing is to be confirmed.

    """
    one = _administered(ctx, username)
    _not_their_own(ctx.who, one)
    reset = resets.of(ctx.tx, one.id)
    if reset is None or reset.has_slip:
        raise NotThere
    if isinstance(ctx.who, Staff) and reset.asked_by == ctx.who.person_id:
        raise NotAllowed("another_administrator_confirms")
    _record(ctx, one, "confirm")
    return _reset(ctx, keys, one, reset)


@without_door("The register of people; nothing of a patient is in it.")
def withdraw_reset(ctx: Context[Staff | Actor], username: str) -> None:
    """Take back a reset that nobody ever confirmed.

    Raises:
        NotAllowed: they administer neither system nor security, or it was confirmed: the factors are gone.
        NotThere: no such person, or nothing was asked for.

    """
    one = _administered(ctx, username)
    if not resets.withdraw(ctx.tx, one.id, ctx.now):
        if resets.is_waiting(ctx.tx, one.id):
            raise NotAllowed("reset_is_confirmed")
        raise NotThere
    _record(ctx, one, "withdraw")


def _reset(ctx: Context[Staff | Actor], keys: Keys, one: Person, reset: Reset) -> str:
    code = resets.confirm(ctx.tx, keys, reset, ctx.now, by=_id_of(ctx.who))
    factors.end(ctx.tx, one.id, ctx.now, by=_id_of(ctx.who))
    recovery_codes.end(ctx.tx, one.id, ctx.now)
    staff_sessions.end_all(ctx.tx, one.id, ctx.now, reason=EndReason.RESET)
    account_notices.tell(ctx.tx, one.id, Notice.FACTORS_RESET, ctx.now)
    _record(ctx, one, "slip")
    return code


def _of(
    ctx: Context[Staff | Actor], required: Requirement, several: Sequence[Person], only_of: str | None = None
) -> list[FactorsOf]:
    """Of several people by a few statements, however many they are; ``only_of``: the id of the one whom they are."""
    grants = {
        person_id: [one for one in held if one.until is None or one.until > ctx.now]
        for person_id, held in people.every_grant(ctx.tx, only_of).items()
    }
    kinds = factors.kinds_of_each(ctx.tx, ctx.now, only_of)
    codes = recovery_codes.left_of_each(ctx.tx, ctx.now, only_of)
    by_name = requirement.all_required(ctx.tx, ctx.now, only_of)
    waiting = resets.of_each(ctx.tx, only_of)
    return [
        FactorsOf(
            person=one,
            places=frozenset(grant.organisation_id for grant in grants.get(one.id, ())),
            kinds=kinds.get(one.id, ()),
            recovery_codes=codes.get(one.id, 0),
            by_role=any(grant.role in required.roles and grant.since <= ctx.now for grant in grants.get(one.id, ())),
            by_name=one.id in by_name,
            reset=waiting.get(one.id),
        )
        for one in several
    ]


def _administered(ctx: Context[Staff | Actor], username: str) -> Person:
    _administers(ctx.who)
    one = roles.person_of(ctx.tx, username)
    return administered.kept_person(ctx, one.id) if _is_bound(ctx.who) else one


def _is_bound(who: Staff | Actor) -> bool:
    """Whether they see the accounts of their own organisations alone: security is of the whole region."""
    return isinstance(who, Staff) and not who.holds(Role.SECURITY_ADMINISTRATOR)


def _administers(who: Staff | Actor) -> None:
    if isinstance(who, Staff) and not any(who.holds(role) for role in _CONFIRMING):
        raise NotAllowed("system_or_security_administrators_only")


def _not_their_own(who: Staff | Actor, one: Person) -> None:
    if isinstance(who, Staff) and who.person_id == one.id:
        raise NotAllowed("not_ones_own_factors")


def _is_administrator(ctx: Context[Staff | Actor], one: Person) -> bool:
    """Also who was one lately, or will be: ending a role for a moment opens no account."""
    return not ADMINISTRATORS.isdisjoint(people.roles_lately(ctx.tx, one.id, ctx.now))


def _id_of(who: Staff | Actor) -> str | None:
    return who.person_id if isinstance(who, Staff) else None


def _record(ctx: Context[Staff | Actor], one: Person, step: str) -> None:
    ctx.record(action=Action.FACTORS_RESET, subject_kind="person", subject_id=one.id, details={"step": step})
