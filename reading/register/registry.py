"""Acts on organisations and people: of the command line, whose user may do all, and of the three administrators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed
from reading.kinds import Level, Role
from reading.register import administered, organisations, password_rules, people, roles
from reading.register.organisations import Organisation
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
    ctx: Context[Staff | Actor],
    *,
    code: str,
    name: str,
    level: Level,
    parent_code: str | None = None,
    region_code: str | None = None,
    institution_number: str = "",
    telephone: str = "",
    time_zone: str = organisations.TIME_ZONE,
) -> Organisation:
    """Add an organisation under one that they keep; with none above it, where they administer the whole service.

    Raises:
        NotAllowed, NotThere: as `administered.must_keep`.
        Invalid: as `organisations.add`; there is no such organisation above.

    """
    parent = None if parent_code is None else organisations.by_code(ctx.tx, parent_code)
    if parent is None and parent_code is not None:
        administered.kept_organisations(ctx)
        raise Invalid("parent_code", "unknown")
    if parent is None:
        administered.must_keep_all(ctx)
    else:
        administered.must_keep(ctx, parent.id)
    made = organisations.add(
        ctx.tx,
        code=code,
        name=name,
        level=level,
        parent_code=parent_code,
        region_code=region_code,
        institution_number=institution_number,
        telephone=telephone,
        time_zone=time_zone,
        now=ctx.now,
    )
    ctx.record(action=Action.ORGANISATION_ADD, subject_kind="organisation", subject_id=made.id)
    return made


@without_door("The register of organisations and people; nothing of a patient is in it.")
def end_organisation(ctx: Context[Staff | Actor], code: str) -> Organisation:
    """End an organisation and its agreements; `reading.administrators.endings` says what that strands.

    Raises:
        NotThere: there is none of this code, it has ended, or it is not theirs.
        NotAllowed: they are no system administrator; others stand under it; it is what the whole service is
            administered from.

    """
    one = organisations.in_force(ctx.tx, code)
    administered.must_keep(ctx, one.id)
    every = [each for each in organisations.list_all(ctx.tx) if each.until is None]
    if any(each.parent_id == one.id for each in every):
        raise NotAllowed("organisations_below")
    if one.level is Level.REGION and not any(each.level is Level.REGION for each in every if each.id != one.id):
        raise NotAllowed("region_stays")
    organisations.end(ctx.tx, one.id, ctx.now)
    ctx.record(action=Action.ORGANISATION_END, subject_kind="organisation", subject_id=one.id)
    return one


@without_door("The register of organisations and people; nothing of a patient is in it.")
def add_person(
    ctx: Context[Staff | Actor],
    *,
    name: str,
    organisation_code: str,
    role: Role,
    title: str = "",
    username: str | None = None,
    password: NewPassword,
    since: datetime | None = None,
    until: datetime | None = None,
) -> NewPerson:
    """Add a person with one role; a first password is one that they change at sign-in.

    Raises:
        NotThere: there is no organisation of this code, it has ended, or it is not theirs.
        NotAllowed: they are no system administrator, or it is a role of the region and they are not.
        Invalid: as `people.add`, or the password is not good enough.

    """
    where = organisations.in_force(ctx.tx, organisation_code)
    administered.must_give(ctx, "", where.id, role)
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
    roles.grant(ctx, made.username, where.code, role, since=since, until=until)
    return NewPerson(person=made, password=password.text if password.is_first else None)


@without_door("The register of organisations and people; nothing of a patient is in it.")
def change_person(ctx: Context[Staff | Actor], username: str, *, revision: int, name: str, title: str) -> Person:
    """Change a person's name and title, as they stand under what they sign from now on.

    Raises:
        NotThere: no such person, they have ended, or their account is not theirs to keep.
        NotAllowed: they are no system administrator.
        Stale: somebody changed the person since ``revision``.
        Invalid: no name, or one of the two is too long.

    """
    one = administered.kept_account(ctx, roles.person_of(ctx.tx, username).id)
    after = people.change(ctx.tx, one.id, revision=revision, name=name, title=title)
    changed = [each for each in ("name", "title") if getattr(one, each) != getattr(after, each)]
    ctx.record(
        action=Action.PERSON_CHANGE,
        subject_kind="person",
        subject_id=one.id,
        details={"changed": " ".join(changed)},
    )
    return after


@without_door("The register of organisations and people; nothing of a patient is in it.")
def end_person(ctx: Context[Staff | Actor], username: str) -> Person:
    """End a person's roles and sign-in.

    Raises:
        NotThere: no such person, they have ended, or their account is not theirs to keep.
        NotAllowed: they are no system administrator, or it is themselves.

    """
    one = administered.kept_account(ctx, roles.person_of(ctx.tx, username).id)
    administered.must_not_be_own(ctx, one.id)
    people.end(ctx.tx, one.id, ctx.now)
    ctx.record(action=Action.PERSON_END, subject_kind="person", subject_id=one.id)
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
