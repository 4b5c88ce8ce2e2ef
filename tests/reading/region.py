"""The region of the tests: a city, two counties, three townships, the cast that works there, and their patients."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.engine import Connection

from reading.factors.requirement import Requirement
from reading.kinds import IdentifierKind, Level, Role, Sex
from reading.patients import patients
from reading.patients.keys import Keys
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from reading.register import organisations, people
from reading.register.organisations import Organisation
from reading.sessions.sign_in import Terms
from reading.viewers import Staff
from storage.index import queries
from storage.index.entry_batch import Batch
from storage.index.known_studies import Known
from storage.index.queries import Study
from storage.segments.members import Entry
from tests.recorded import recorded
from tests.storage.instances import place, provenance, row

KEYS = Keys(digest_key=b"d" * 32, cipher_key=b"c" * 32)
NO_FACTORS = Terms(requirement=Requirement(roles=frozenset()), sessions=1000)
"""Nobody must have a second factor: tests of other things sign in with a password alone."""
NO_PASSWORD = "!"
"""No hash, so nobody signs in as them."""
# 7+9+0+5+0+20+2+9+54+0+0+27+0+35+8+8+4 = 188; 188 mod 11 = 1, and that gives 0. The 17th digit is even: female.
PIA_CARD = "110105199003071220"


@dataclass(frozen=True, kw_only=True)
class Region:
    """Hills and Lake are townships of the county Oak, Moor is one of the county Elm."""

    city: Organisation
    oak: Organisation
    elm: Organisation
    hills: Organisation
    lake: Organisation
    moor: Organisation


def found_region(tx: Connection, now: datetime) -> Region:
    """By the acts themselves, one after the other."""

    def add(code: str, level: Level, parent: str | None) -> Organisation:
        return organisations.add(tx, code=code, name=code.title(), level=level, parent_code=parent, now=now)

    return Region(
        city=add("city", Level.CITY, None),
        oak=add("oak", Level.COUNTY, "city"),
        elm=add("elm", Level.COUNTY, "city"),
        hills=add("hills", Level.TOWNSHIP, "oak"),
        lake=add("lake", Level.TOWNSHIP, "oak"),
        moor=add("moor", Level.TOWNSHIP, "elm"),
    )


@recorded
def make_region(tx: Connection, now: datetime) -> Region:
    return found_region(tx, now)


def hire(
    tx: Connection, username: str, now: datetime, *grants: tuple[Role, Organisation], password_hash: str = NO_PASSWORD
) -> Staff:
    """A person with roles, as a viewer."""
    made = people.add(
        tx,
        username=username,
        name=username.title(),
        title="",
        password_hash=password_hash,
        now=now,
        must_change_password=False,
    )
    for role, organisation in grants:
        people.grant(tx, made.id, organisation.id, role, now)
    return staff_of(tx, made.id, now)


def staff_of(tx: Connection, person_id: str, now: datetime) -> Staff:
    """A person with the grants that they hold at a time, and without a session."""
    one = people.by_id(tx, person_id)
    assert one is not None
    grants = tuple(people.grants_of(tx, one.id, now))
    return Staff(person_id=one.id, username=one.username, name=one.name, title=one.title, grants=grants)


def pia(tx: Connection, now: datetime, *, device_issuer: str = "HILLS", device_id: str = "P1") -> Patient:
    """Pia, known by her identity card and by the number that the device of the township gave her."""
    return patients.register(
        tx,
        KEYS,
        name="Pia",
        birth_date=date(1990, 3, 7),
        sex=Sex.FEMALE,
        identifiers=[
            Identifier(kind=IdentifierKind.IDENTITY_CARD, value=PIA_CARD),
            Identifier(kind=IdentifierKind.DEVICE_ID, issuer=device_issuer, value=device_id),
        ],
        now=now,
    )


def received(tx: Connection, site: Organisation, study_uid: str, now: datetime, **known: object) -> Study:
    """A study of one instance from a site, in the index."""
    instance = replace(
        row(
            study_uid=study_uid,
            series_uid=f"{study_uid}.1",
            sop_instance_uid=f"{study_uid}.1.1",
            issuer=site.code.upper(),
        ),
        **known,  # type: ignore[arg-type]
    )
    Batch(
        tx, [Entry(row=instance, place=place(), provenance=provenance(site_id=site.id, received_at=now))], Known()
    ).enter()
    study = queries.study_of(tx, study_uid)
    assert study is not None
    return study
