"""Acts on organisations and people: of the command line, whose user may do all, and of the security administrator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotThere
from reading.kinds import Level, Role, Tier
from reading.register import organisations, password_rules, people
from reading.register.administrator import only
from reading.register.organisations import Agreement, Organisation
from reading.register.passwords import NewPassword
from reading.register.people import Person
from reading.viewers import Staff

REGION: Final = "REGION"
"""Code of the organisation that the first start makes; its administrators administer the whole service."""
ADMINISTRATOR: Final = "admin"
"""Username of the first administrator."""


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """A person who was just added; ``password`` is the first one that was made for them, None where one was given."""

    person: Person
    password: str | None = field(repr=False)


@without_door("The register of organisations and people; nothing of a patient is in it.")
def add_organisation(
    ctx: Context[Actor],
    *,
    code: str,
    name: str,
    level: Level,
    parent_code: str | None = None,
    region_code: str | None = None,
) -> Organisation:
    """Add an organisation.

    Raises:
        Invalid: as `organisations.add`.

    """
    made = organisations.add(
        ctx.tx, code=code, name=name, level=level, parent_code=parent_code, region_code=region_code, now=ctx.now
    )
    ctx.record(action=Action.ORGANISATION_ADD, subject_kind="organisation", subject_id=made.id)
    return made


@without_door("The register of organisations and people; nothing of a patient is in it.")
def end_organisation(ctx: Context[Actor], code: str) -> Organisation:
    """End an organisation and its agreements.

    Raises:
        NotThere: there is none of this code, or it has ended.

    """
    one = organisations.in_force(ctx.tx, code)
    organisations.end(ctx.tx, one.id, ctx.now)
    ctx.record(action=Action.ORGANISATION_END, subject_kind="organisation", subject_id=one.id)
    return one


@without_door("The register of organisations and people; nothing of a patient is in it.")
def agree(ctx: Context[Actor], site_code: str, reader_code: str, tier: Tier) -> Agreement:
    """Let an organisation read for a site at a tier from now on.

    Raises:
        NotThere: no organisation of one of the codes, or it has ended.

    """
    site, reader = organisations.in_force(ctx.tx, site_code), organisations.in_force(ctx.tx, reader_code)
    made = organisations.agree(ctx.tx, site.id, reader.id, tier, ctx.now)
    _record_agreement(ctx, Action.AGREEMENT_ADD, made)
    return made


@without_door("The register of organisations and people; nothing of a patient is in it.")
def end_agreement(ctx: Context[Actor], agreement_id: str) -> Agreement:
    """End an agreement: the reading that has begun is finished, and no other begins.

    Raises:
        NotThere: no such agreement, or it has ended.

    """
    found = [one for one in organisations.agreements(ctx.tx, ctx.now) if one.id == agreement_id]
    if not found:
        raise NotThere("agreement", agreement_id)
    organisations.end_agreement(ctx.tx, agreement_id, ctx.now)
    _record_agreement(ctx, Action.AGREEMENT_END, found[0])
    return found[0]


@without_door("The register of organisations and people; nothing of a patient is in it.")
def add_person(
    ctx: Context[Actor],
    *,
    name: str,
    organisation_code: str,
    role: Role,
    title: str = "",
    username: str | None = None,
    password: NewPassword,
) -> NewPerson:
    """Add a person with one role; a first password is one that they change at sign-in.

    Raises:
        NotThere: there is no organisation of this code, or it has ended.
        Invalid: as `people.add`, or the password is not good enough.

    """
    where = organisations.in_force(ctx.tx, organisation_code)
    wanted = username or people.free_username(ctx.tx, name)
    if not password.is_first:
        password_rules.check(password.text, username=wanted, words=(name, where.name, where.code))
    made = people.add(
        ctx.tx,
        username=wanted,
        name=name,
        title=title,
        password_hash=password.hash,
        must_change_password=password.is_first,
        now=ctx.now,
    )
    ctx.record(action=Action.PERSON_ADD, subject_kind="person", subject_id=made.id)
    _grant(ctx, made, where, role)
    return NewPerson(person=made, password=password.text if password.is_first else None)


@without_door("The register of organisations and people; nothing of a patient is in it.")
def grant_role(ctx: Context[Actor], username: str, organisation_code: str, role: Role) -> Person:
    """Give a person a role in an organisation.

    Raises:
        NotThere: no such person or organisation, or it has ended.
        NotAllowed: they hold another of the three administrators' roles.

    """
    one = person_of(ctx.tx, username)
    _grant(ctx, one, organisations.in_force(ctx.tx, organisation_code), role)
    return one


@without_door("The register of organisations and people; nothing of a patient is in it.")
def end_person(ctx: Context[Actor], username: str) -> Person:
    """End a person's roles and sign-in.

    Raises:
        NotThere: no such person, or they have ended.

    """
    one = person_of(ctx.tx, username)
    people.end(ctx.tx, one.id, ctx.now)
    ctx.record(action=Action.PERSON_END, subject_kind="person", subject_id=one.id)
    return one


@without_door("The register of organisations and people; nothing of a patient is in it.")
def revoke_role(ctx: Context[Staff | Actor], username: str, organisation_code: str, role: Role) -> Person:
    """End one role of a person, also in an organisation that has ended.

    Raises:
        NotAllowed: they are no security administrator.
        NotThere: no such person, or they do not hold this role there.

    """
    only(ctx.who, Role.SECURITY_ADMINISTRATOR)
    one = person_of(ctx.tx, username)
    where = organisations.by_code(ctx.tx, organisation_code)
    held = [
        grant
        for grant in people.grants_of(ctx.tx, one.id, ctx.now)
        if where is not None and grant.role is role and grant.organisation_id == where.id
    ]
    if where is None or not held:
        raise NotThere("role", f"{role} of {username} at {organisation_code}")
    for grant in held:
        people.end_grant(ctx.tx, grant.id, ctx.now)
    ctx.record(
        action=Action.ROLE_REVOKE,
        subject_kind="person",
        subject_id=one.id,
        details={"role": role, "organisation_id": where.id},
    )
    return one


@without_door("The register of organisations and people; nothing of a patient is in it.")
def make_first_administrator(
    ctx: Context[Actor], *, name: str, region_name: str, password: NewPassword
) -> NewPerson | None:
    """At the first start, a system administrator of the whole region; None when there is one already."""
    if has_first_administrator(ctx.tx):
        return None
    if organisations.by_code(ctx.tx, REGION) is None:
        add_organisation(ctx, code=REGION, name=region_name, level=Level.REGION)
    return add_person(
        ctx,
        name=name,
        organisation_code=REGION,
        role=Role.SYSTEM_ADMINISTRATOR,
        username=ADMINISTRATOR,
        password=password,
    )


def has_first_administrator(tx: Connection) -> bool:
    return people.by_username(tx, ADMINISTRATOR) is not None


@without_door("The register of organisations and people; nothing of a patient is in it.")
def begin_import(ctx: Context[Actor], site: Organisation, source: str) -> None:
    """Put on record that files are being imported for a site; ``source`` is the kind of medium that holds them."""
    ctx.record(action=Action.IMPORT_BEGIN, subject_kind="organisation", subject_id=site.id, details={"source": source})


@without_door("The register of organisations and people; nothing of a patient is in it.")
def end_import(ctx: Context[Actor], site: Organisation, outcomes: Mapping[str, int], *, stopped: bool) -> None:
    """Put on record how many files had which outcome, and whether the import was stopped before its end."""
    ctx.record(
        action=Action.IMPORT_END,
        subject_kind="organisation",
        subject_id=site.id,
        details={"stopped": stopped, **outcomes},
    )


def person_of(tx: Connection, username: str) -> Person:
    """The person of this username.

    Raises:
        NotThere: there is none, or they have ended.

    """
    one = people.by_username(tx, username)
    if one is None or one.until is not None:
        raise NotThere("person", username)
    return one


def _record_agreement(ctx: Context[Actor], action: Action, one: Agreement) -> None:
    ctx.record(
        action=action,
        subject_kind="organisation",
        subject_id=one.site_id,
        details={"reader_id": one.reader_id, "tier": one.tier},
    )


def _grant(ctx: Context[Actor], one: Person, where: Organisation, role: Role) -> None:
    people.grant(ctx.tx, one.id, where.id, role, ctx.now)
    ctx.record(
        action=Action.ROLE_GRANT,
        subject_kind="person",
        subject_id=one.id,
        details={"role": role, "organisation_id": where.id},
    )
