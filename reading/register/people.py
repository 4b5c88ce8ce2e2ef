"""People and the dated roles that they hold in organisations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import Invalid, NotAllowed, NotThere, Stale
from reading.kinds import Role
from reading.register import personal_settings
from reading.row_rules import open_at, taken_as, valid_at
from reading.tables import person, role_grant
from reading.texts import checked
from reading.viewers import RoleGrant
from storage.ids import new_id

ADMINISTRATORS: Final = frozenset({Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR})
"""Roles of which one person holds at most one, and none beside it that sees a picture (GB/T 22239, level three)."""
OWN_DEEDS: Final = timedelta(days=365)
"""So long after administering system or security nobody becomes audit administrator: they would audit themselves."""
USERNAME_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person who works with the service."""

    id: str
    username: str = field(repr=False)
    name: str = field(repr=False)
    title: str
    password_hash: str = field(repr=False)
    must_change_password: bool
    since: datetime
    until: datetime | None
    revision: int


def add(
    tx: Connection,
    *,
    username: str,
    name: str,
    title: str,
    password_hash: str,
    now: datetime,
    must_change_password: bool = True,
) -> Person:
    """A new person, without any role yet.

    Raises:
        Invalid: the username is taken (once used it stays taken) or not of a-z, 0-9, dot, dash, underscore; no name.

    """
    _check_username(username)
    made = Person(
        id=new_id(),
        username=username,
        name=checked("name", name, longest=200, required=True),
        title=checked("title", title, longest=40),
        password_hash=password_hash,
        must_change_password=must_change_password,
        since=now,
        until=None,
        revision=1,
    )
    with taken_as(tx, "username"):
        tx.execute(
            person.insert(),
            {
                "id": made.id,
                "username": made.username,
                "name": made.name,
                "title": made.title,
                "password_hash": made.password_hash,
                "must_change_password": made.must_change_password,
                "since": made.since,
            },
        )
    return made


def by_id(tx: Connection, person_id: str) -> Person | None:
    return _one(tx, person.c.id == person_id)


def namesake_at(tx: Connection, name: str, organisation_id: str) -> str:
    """Username of somebody of this name who has a role at the organisation that is not over; empty where none has."""
    found = (
        sa.select(person.c.username)
        .join(role_grant, role_grant.c.person_id == person.c.id)
        .where(person.c.name == name, person.c.until.is_(None), role_grant.c.organisation_id == organisation_id)
        .where(role_grant.c.until.is_(None))
        .order_by(person.c.since, person.c.id)
        .limit(1)
    )
    return tx.scalar(found) or ""


def by_username(tx: Connection, username: str) -> Person | None:
    if not set(username) <= USERNAME_CHARACTERS:
        return None
    return _one(tx, person.c.username == username)


def list_all(tx: Connection) -> list[Person]:
    return [Person(**row) for row in tx.execute(sa.select(person).order_by(person.c.username)).mappings()]


def free_username(tx: Connection, name: str) -> str:
    """A username from the pinyin of a name that nobody has had yet: 王芳 gives wangfang, then wangfang2."""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 -- its dictionary is a third of a command's start

    spelled = "".join(lazy_pinyin(name, style=Style.NORMAL, errors="default")).lower()
    base = "".join(letter for letter in spelled if letter in USERNAME_CHARACTERS)[:60] or "person"
    taken = set(tx.scalars(sa.select(person.c.username).where(person.c.username.startswith(base, autoescape=True))))
    return next(wanted for n in range(1, len(taken) + 2) if (wanted := base if n == 1 else f"{base}{n}") not in taken)


def change(tx: Connection, person_id: str, *, revision: int, name: str, title: str) -> Person:
    """Give a person another name or title.

    Raises:
        NotThere: no such person, or they have ended.
        Stale: somebody changed the person since ``revision``.
        Invalid: no name, or one of the two is too long.

    """
    values = {
        "name": checked("name", name, longest=200, required=True),
        "title": checked("title", title, longest=40),
        "revision": revision + 1,
    }
    same = (person.c.id == person_id) & person.c.until.is_(None)
    if tx.execute(person.update().where(same, person.c.revision == revision).values(values)).rowcount != 1:
        found = _one(tx, same)
        raise NotThere if found is None else Stale(found.revision)
    changed = _one(tx, same)
    assert changed is not None  # noqa: S101 -- the row was just written
    return changed


def set_password(tx: Connection, person_id: str, password_hash: str, *, must_change: bool) -> None:
    """Replace the hash of the password; `staff_sessions.end_all` ends the sessions."""
    tx.execute(
        person.update()
        .where(person.c.id == person_id)
        .values(password_hash=password_hash, must_change_password=must_change, revision=person.c.revision + 1)
    )


def renew_hash(tx: Connection, person_id: str, password_hash: str, *, of: str) -> None:
    """Keep another hash of the same password, unless it is another by now than that of the hash ``of``."""
    same = (person.c.id == person_id) & (person.c.password_hash == of)
    tx.execute(person.update().where(same).values(password_hash=password_hash))


def end(tx: Connection, person_id: str, now: datetime) -> None:
    """End a person's sign-in and roles, and what they set for themselves; what they signed stays theirs."""
    personal_settings.forget(tx, person_id)
    tx.execute(
        role_grant.update().where(role_grant.c.person_id == person_id, open_at(role_grant, now)).values(until=now)
    )
    tx.execute(
        person.update()
        .where(person.c.id == person_id, person.c.until.is_(None))
        .values(until=now, revision=person.c.revision + 1)
    )


def grant(
    tx: Connection, person_id: str, organisation_id: str, role: Role, now: datetime, *, until: datetime | None = None
) -> RoleGrant:
    """Give a role in an organisation from ``now`` on; a grant of the same role there is returned if it stands.

    Raises:
        NotThere: no such person, or they have ended.
        NotAllowed: they hold another of the three administrators' roles, which belong to three people; or a role that
            sees pictures and reports, which none of the three does; or held another of them within a year and would
            audit themselves; or are in training there and would sign without an attending.
        Invalid: they hold it there at some of that time already.

    """
    # Locked, so that two grants at once cannot give what one after the other would not.
    tx.execute(sa.select(person.c.id).where(person.c.id == person_id).with_for_update())
    somebody = by_id(tx, person_id)
    if somebody is None or somebody.until is not None:
        raise NotThere
    for one in open_grants_of(tx, person_id, now):
        if one.role is role and one.organisation_id == organisation_id:
            if one.since <= now and one.until is None and until is None:
                return one
            if until is None or one.since < until:
                raise Invalid("role", "held_then")
        if role in ADMINISTRATORS and one.role in ADMINISTRATORS and one.role is not role:
            raise NotAllowed("administrators-are-different-people")
        if (role in ADMINISTRATORS) != (one.role in ADMINISTRATORS):
            raise NotAllowed("administrators-see-no-picture")
        at_once = one.organisation_id == organisation_id and (until is None or one.since < until)
        if at_once and (one.until is None or one.until > now) and _signs_alone(role, one.role):
            raise NotAllowed("residents-are-countersigned")
    if role is Role.AUDIT_ADMINISTRATOR and _administered(tx, person_id, now - OWN_DEEDS):
        raise NotAllowed("nobody-audits-themselves")
    made = RoleGrant(
        id=new_id(), person_id=person_id, organisation_id=organisation_id, role=role, since=now, until=until
    )
    values = {"person_id": person_id, "organisation_id": organisation_id, "role": role, "since": now, "until": until}
    tx.execute(role_grant.insert(), {"id": made.id, **values})
    return made


def end_grant(tx: Connection, grant_id: str, now: datetime) -> None:
    tx.execute(role_grant.update().where(role_grant.c.id == grant_id, open_at(role_grant, now)).values(until=now))


def grants_of(tx: Connection, person_id: str, now: datetime) -> list[RoleGrant]:
    """The roles that a person holds at a time, the oldest first."""
    return _grants(tx, (role_grant.c.person_id == person_id) & valid_at(role_grant, now))


def open_grants_of(tx: Connection, person_id: str, now: datetime) -> list[RoleGrant]:
    """The roles that a person holds at a time or will hold later, the oldest first."""
    return _grants(tx, (role_grant.c.person_id == person_id) & open_at(role_grant, now))


def roles_lately(tx: Connection, person_id: str, now: datetime) -> frozenset[Role]:
    """The roles that a person holds, will hold, or held while their deeds still bind them (`OWN_DEEDS`)."""
    theirs = (role_grant.c.person_id == person_id) & open_at(role_grant, now - OWN_DEEDS)
    return frozenset(one.role for one in _grants(tx, theirs))


def every_grant(tx: Connection, person_id: str | None = None) -> dict[str, list[RoleGrant]]:
    """Every role that people hold, held or will hold, the oldest first, by the id of the person: of one, or of all."""
    found: dict[str, list[RoleGrant]] = {}
    for one in _grants(tx, sa.true() if person_id is None else role_grant.c.person_id == person_id):
        found.setdefault(one.person_id, []).append(one)
    return found


def _check_username(username: str) -> None:
    if not 2 <= len(username) <= 64:
        raise Invalid("username", "length")
    if not set(username) <= USERNAME_CHARACTERS:
        raise Invalid("username", "characters")


def _signs_alone(one: Role, other: Role) -> bool:
    """Whether somebody in training would sign alone at the same time."""
    return Role.RESIDENT in {one, other} and not {one, other}.isdisjoint({Role.READER, Role.VERIFIER, Role.REVIEWER})


def _administered(tx: Connection, person_id: str, since: datetime) -> bool:
    other = role_grant.c.role.in_(ADMINISTRATORS - {Role.AUDIT_ADMINISTRATOR})
    held = _grants(tx, (role_grant.c.person_id == person_id) & other & open_at(role_grant, since))
    return bool(held)


def _one(tx: Connection, condition: sa.ColumnElement[bool]) -> Person | None:
    row = tx.execute(sa.select(person).where(condition)).mappings().one_or_none()
    return None if row is None else Person(**row)


def _grants(tx: Connection, condition: sa.ColumnElement[bool]) -> list[RoleGrant]:
    rows = tx.execute(sa.select(role_grant).where(condition).order_by(role_grant.c.since, role_grant.c.id))
    return [
        RoleGrant(
            id=row.id,
            person_id=row.person_id,
            organisation_id=row.organisation_id,
            role=Role(row.role),
            since=row.since,
            until=row.until,
        )
        for row in rows
    ]
