"""Who takes part: organisations, people and devices, added, listed and ended on record from the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import SYSTEM, Audit
from reading.errors import Invalid, NotThere
from reading.kinds import Level, Role, Tier
from reading.register import devices, organisations, passwords, people
from reading.register.device_register import Register
from reading.register.devices import Device, Entry
from reading.register.organisations import Agreement, Organisation
from reading.register.people import Person

REGION: Final = "REGION"
"""The code of the organisation that the first start makes, for whoever administers the whole service."""
ADMINISTRATOR: Final = "admin"


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """A person who was just added; ``password`` only when one was made for them."""

    person: Person
    password: str | None = field(repr=False)


class Registry:
    """Changes who takes part; every change leaves an audit event in the same transaction."""

    def __init__(self, audit: Audit) -> None:
        self.audit = audit
        self._register = Register(audit)

    def add_organisation(
        self,
        tx: Connection,
        *,
        code: str,
        name: str,
        level: Level,
        now: datetime,
        parent_code: str | None = None,
        region_code: str | None = None,
    ) -> Organisation:
        made = organisations.add(
            tx, code=code, name=name, level=level, parent_code=parent_code, region_code=region_code, now=now
        )
        self._note(tx, Action.ORGANISATION_ADD, "organisation", made.id, now)
        return made

    def end_organisation(self, tx: Connection, code: str, now: datetime) -> Organisation:
        one = organisation_of(tx, code)
        organisations.end(tx, one.id, now)
        self._note(tx, Action.ORGANISATION_END, "organisation", one.id, now)
        return one

    def agree(self, tx: Connection, site_code: str, reader_code: str, tier: Tier, now: datetime) -> Agreement:
        """Let an organisation read for a site at a tier from now on."""
        site, reader = organisation_of(tx, site_code), organisation_of(tx, reader_code)
        made = organisations.agree(tx, site.id, reader.id, tier, now)
        self._note(tx, Action.AGREEMENT_ADD, "organisation", site.id, now, reader_id=reader.id, tier=tier)
        return made

    def end_agreement(self, tx: Connection, agreement_id: str, now: datetime) -> Agreement:
        """Let an organisation read for a site no longer; what it has in hand it finishes.

        Raises:
            NotThere: no such agreement, or it has ended.

        """
        found = [one for one in organisations.agreements(tx, now) if one.id == agreement_id]
        if not found:
            raise NotThere("agreement", agreement_id)
        organisations.end_agreement(tx, agreement_id, now)
        (one,) = found
        self._note(tx, Action.AGREEMENT_END, "organisation", one.site_id, now, reader_id=one.reader_id, tier=one.tier)
        return one

    def add_person(
        self,
        tx: Connection,
        *,
        name: str,
        organisation_code: str,
        role: Role,
        now: datetime,
        title: str = "",
        username: str | None = None,
        password: str | None = None,
    ) -> NewPerson:
        """Add somebody with one role; without ``password`` a first one is made, which they change at sign-in."""
        where = organisation_of(tx, organisation_code)
        wanted = username or people.free_username(tx, name)
        if password is not None:
            passwords.check(password, username=wanted)
        first = passwords.generate() if password is None else None
        made = people.add(
            tx,
            username=wanted,
            name=name,
            title=title,
            password_hash=passwords.hash_password(password or first or ""),
            must_change_password=first is not None,
            now=now,
        )
        self._note(tx, Action.PERSON_ADD, "person", made.id, now)
        people.grant(tx, made.id, where.id, role, now)
        self._note(tx, Action.ROLE_GRANT, "person", made.id, now, role=role, organisation_id=where.id)
        return NewPerson(person=made, password=first)

    def grant(self, tx: Connection, username: str, organisation_code: str, role: Role, now: datetime) -> Person:
        one = person_of(tx, username)
        where = organisation_of(tx, organisation_code)
        people.grant(tx, one.id, where.id, role, now)
        self._note(tx, Action.ROLE_GRANT, "person", one.id, now, role=role, organisation_id=where.id)
        return one

    def revoke(self, tx: Connection, username: str, organisation_code: str, role: Role, now: datetime) -> Person:
        """End one role of a person, also in an organisation that has ended.

        Raises:
            NotThere: no such person, or they do not hold this role there.

        """
        one = person_of(tx, username)
        where = organisations.by_code(tx, organisation_code)
        held = [
            grant
            for grant in people.grants_of(tx, one.id, now)
            if where is not None and grant.role is role and grant.organisation_id == where.id
        ]
        if where is None or not held:
            raise NotThere("role", f"{role} of {username} at {organisation_code}")
        for grant in held:
            people.end_grant(tx, grant.id, now)
        self._note(tx, Action.ROLE_REVOKE, "person", one.id, now, role=role, organisation_id=where.id)
        return one

    def end_person(self, tx: Connection, username: str, now: datetime) -> Person:
        one = person_of(tx, username)
        people.end(tx, one.id, now)
        self._note(tx, Action.PERSON_END, "person", one.id, now)
        return one

    def add_device(
        self,
        tx: Connection,
        *,
        ae_title: str,
        network: str,
        site_code: str,
        now: datetime,
        port: int | None = None,
        issuer: str | None = None,
        **more: Any,
    ) -> Device:
        """Add a device; ``more`` are further fields of its `Entry`."""
        site = organisation_of(tx, site_code)
        entry = Entry(network=network, port=port, issuer=issuer or "", **more)
        return self._register.add(tx, ae_title=ae_title, site_id=site.id, entry=entry, now=now)

    def set_device(self, tx: Connection, ae_title: str, now: datetime, **changed: Any) -> Device:
        """Change fields of a device's entry, the others stay."""
        one = device_of(tx, ae_title, now)
        return self._register.change(tx, one, replace(one.entry, **changed), revision=one.revision, now=now)

    def make_token(self, tx: Connection, ae_title: str, now: datetime) -> str:
        return self._register.make_token(tx, device_of(tx, ae_title, now), now)

    def end_device(self, tx: Connection, ae_title: str, now: datetime) -> Device:
        one = device_of(tx, ae_title, now)
        self._register.end(tx, one, now)
        return one

    def begin_check(self, tx: Connection, one: Device, now: datetime) -> str:
        return self._register.begin_check(tx, one, now)

    def begin_import(self, tx: Connection, site: Organisation, source: str, now: datetime) -> None:
        """Put on record that files are being imported for a site; ``source`` is the kind of what holds them."""
        self._note(tx, Action.IMPORT_BEGIN, "organisation", site.id, now, source=source)

    def end_import(
        self, tx: Connection, site: Organisation, outcomes: Mapping[str, int], now: datetime, *, stopped: bool
    ) -> None:
        """Put on record how many files had which outcome, and whether the import was stopped before its end."""
        self._note(tx, Action.IMPORT_END, "organisation", site.id, now, stopped=stopped, **outcomes)

    def make_first_administrator(self, tx: Connection, now: datetime) -> NewPerson | None:
        """The first start makes a system administrator; None when there was one already."""
        if people.by_username(tx, ADMINISTRATOR) is not None:
            return None
        if organisations.by_code(tx, REGION) is None:
            self.add_organisation(tx, code=REGION, name="本区域", level=Level.REGION, now=now)
        return self.add_person(
            tx,
            name="系统管理员",
            organisation_code=REGION,
            role=Role.SYSTEM_ADMINISTRATOR,
            username=ADMINISTRATOR,
            now=now,
        )

    def _note(self, tx: Connection, action: Action, kind: str, subject_id: str, now: datetime, **details: Any) -> None:
        self.audit.record(
            tx, actor=SYSTEM, action=action, subject_kind=kind, subject_id=subject_id, now=now, details=details
        )


def organisation_of(tx: Connection, code: str) -> Organisation:
    """The organisation that takes part under this code.

    Raises:
        NotThere: there is none, or it has ended.

    """
    one = organisations.by_code(tx, code)
    if one is None or one.until is not None:
        raise NotThere("organisation", code)
    return one


def person_of(tx: Connection, username: str) -> Person:
    one = people.by_username(tx, username)
    if one is None or one.until is not None:
        raise NotThere("person", username)
    return one


def device_of(tx: Connection, ae_title: str, now: datetime) -> Device:
    """The one device of this AE title.

    Raises:
        NotThere: there is none.
        Invalid: several devices share the title, as sites may.

    """
    found = [one for one in devices.list_all(tx) if one.ae_title == ae_title and (one.until is None or one.until > now)]
    if not found:
        raise NotThere("device", ae_title)
    if len(found) > 1:
        raise Invalid("ae_title", "ambiguous")
    return found[0]
