"""What a person in charge has to look at: whose it is, of which kind, and what is no longer work."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.context import Context
from reading.errors import NotThere
from reading.kinds import IdentifierKind, Priority, Role, Sex
from reading.orders import orders
from reading.orders.orders import Asked
from reading.patients import patients
from reading.patients.patient_identifiers import Identifier
from reading.quality import concerns
from reading.quality.kinds import Aspect, Group, Kind
from reading.register.organisations import Organisation
from reading.viewers import Staff
from storage.database import transaction
from storage.decisions import damage, quarantine
from storage.decisions.comparison import conflict_of, note_conflict, note_duplicate
from storage.index.entry_batch import Batch
from storage.index.known_studies import Known
from storage.index.quarantine_rows import by_id, unsettled
from storage.records import Held
from storage.segments.members import Entry
from storage.tables import quarantine as quarantine_table
from tests.reading.clinic import arrive, open_clinic
from tests.reading.region import KEYS, hire, pia
from tests.storage.instances import place, provenance, row


def conflict(tx: Connection, site: Organisation, now: datetime, *, study_uid: str = "1.2.8", **changed: object) -> str:
    """Two contents under one UID from a site, compared; answers the row of the newcomer."""
    newcomer = rival(tx, site, now, study_uid=study_uid, **changed)
    note_conflict(tx, newcomer.id, conflict_of(tx, newcomer))
    return newcomer.id


def rival(tx: Connection, site: Organisation, now: datetime, *, study_uid: str, **changed: object) -> Held:
    """The same before a machine has compared."""
    known = {"study_uid": study_uid, "series_uid": f"{study_uid}.1", "sop_instance_uid": f"{study_uid}.1.1"}
    came = provenance(site_id=site.id, received_at=now)
    first = replace(row(issuer=site.code.upper()), **known)  # type: ignore[arg-type]
    second = replace(first, received_digest=b"2" * 32, **changed)  # type: ignore[arg-type]
    for number, one in enumerate((first, second), start=int(f"{study_uid}.0".replace(".", ""))):
        Batch(tx, [Entry(row=one, place=place(number), provenance=came)], Known()).enter()
    return next(one for one in unsettled(tx, 100) if one.study_uid == study_uid)


def kinds(tx: Connection, staff: Staff, now: datetime) -> dict[Kind, int]:
    found = concerns.list_concerns(tx, staff, None, now, decided=False, limit=50, offset=0)
    return dict(found.counts)


def test_each_sees_what_is_of_their_sites(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        region = clinic.region
        hills, moor = conflict(tx, region.hills, now), conflict(tx, region.moor, now, study_uid="1.2.9")
        boss = hire(tx, "boss", now, (Role.QUALITY_MANAGER, region.city))
        seen = {
            name: {one.subject_id for one in _listed(tx, staff, now)}
            for name, staff in (
                ("tang", clinic.tang),
                ("mona", clinic.mona),
                ("quinn", clinic.quinn),
                ("ada", clinic.ada),
                ("ben", clinic.ben),
                ("boss", boss),
            )
        }
        with pytest.raises(NotThere):
            concerns.open_concern(Context(tx, clinic.audit, now, clinic.mona), Aspect.BYTES, moor, "concern.open")
        opened = concerns.open_concern(Context(tx, clinic.audit, now, clinic.mona), Aspect.BYTES, hills, "concern.open")

    assert seen == {
        "tang": {hills},
        "mona": {hills},
        "quinn": {moor},
        "ada": set(),
        "ben": set(),
        "boss": {hills, moor},
    }
    assert (opened.kind, opened.decided) == (Kind.SAME_UID, False)


def test_bytes_of_nobody_are_for_those_at_the_top(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        boss = hire(tx, "boss", now, (Role.QUALITY_MANAGER, clinic.region.city))
        tx.execute(
            quarantine_table.insert().values(
                id="01KQ0000000000000000000000", reason="torn", size=1, digest=b"d" * 32, key="k", received_at=now
            )
        )
        seen = [kinds(tx, staff, now) for staff in (boss, clinic.mona)]

    assert seen == [{Kind.TORN: 1}, {}]


def test_duplicates_and_what_was_set_aside_are_no_concern(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        duplicate = rival(tx, clinic.region.hills, now, study_uid="1.2.8")
        note_duplicate(tx, duplicate, now)
        swapped = conflict(tx, clinic.region.hills, now, study_uid="1.2.9")
        newcomer = by_id(tx, swapped)
        assert newcomer is not None
        aside = quarantine.show_instead(tx, newcomer, now)

        assert kinds(tx, clinic.mona, now) == {}
        assert [one.subject_id for one in _listed(tx, clinic.mona, now, decided=True)] == [swapped]
        for hidden in (duplicate.id, aside):
            with pytest.raises(NotThere):
                concerns.open_concern(Context(tx, clinic.audit, now, clinic.mona), Aspect.BYTES, hidden, "concern.open")


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"patient_id": "P77"}, {Kind.UNKNOWN_PATIENT: 1}),
        ({"patient_id": "0000"}, {Kind.BLANK_ID: 1}),
        ({"patient_id": ""}, {Kind.BLANK_ID: 1}),
        ({"patient_id": "P1"}, {}),
        ({"patient_id": "P1", "study_date": "20991231"}, {Kind.CLOCK_WRONG: 1}),
    ],
)
def test_cases_of_which_something_is_not_known(
    known: dict[str, object], expected: dict[Kind, int], engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        arrive(tx, clinic, "1.2.840.1", now, **known)
        found = kinds(tx, clinic.mona, now)
        later = kinds(tx, clinic.mona, now + timedelta(days=91))

    assert (found, later) == (expected, {})


def test_images_whose_order_names_another_person(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        card = Identifier(kind=IdentifierKind.DEVICE_ID, issuer="HILLS", value="P500")
        patient = patients.register(
            tx, KEYS, name="Paul", birth_date=None, sex=Sex.MALE, identifiers=[card], now=now
        ).id
        order = orders.place(
            tx,
            site_id=clinic.region.hills.id,
            patient_id=patient,
            modality="DX",
            priority=Priority.ROUTINE,
            procedures=[Asked(body_part="CHEST")],
            reason="",
            ordered_by=clinic.tang.person_id,
            now=now,
        )
        arrive(tx, clinic, "1.2.840.8", now, patient_id="P1", accession_number=order.accession_number)
        found = kinds(tx, clinic.mona, now)

    assert found == {Kind.OTHER_PERSON: 1}


def _listed(tx: Connection, staff: Staff, now: datetime, *, decided: bool = False) -> tuple[concerns.Concern, ...]:
    return concerns.list_concerns(tx, staff, None, now, decided=decided, limit=50, offset=0).concerns


def test_an_image_that_the_disk_lost_is_asked_about_until_it_is_whole(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        hills = clinic.region.hills
        boss = hire(tx, "boss", now, (Role.QUALITY_MANAGER, clinic.region.city))
        before = kinds(tx, boss, now)
        for number in (7, 8):
            one = row(number, study_uid="1.2.7", series_uid="1.2.7.1", issuer=hills.code.upper())
            came = provenance(site_id=hills.id, received_at=now)
            Batch(tx, [Entry(row=one, place=place(number), provenance=came)], Known()).enter()
            where = place(number)
            damage.mark(tx, one.sop_instance_uid, where.segment_id, where.offset, now)
            damage.mark(tx, one.sop_instance_uid, where.segment_id, where.offset, now)
        asked = concerns.list_concerns(tx, boss, Group.UNREADABLE, now, decided=False, limit=50, offset=0)
        for number in (7, 8):
            damage.clear(tx, f"1.2.3.{number}", place(number).segment_id, place(number).offset, now)
        after = kinds(tx, boss, now)
        decided = concerns.list_concerns(tx, boss, None, now, decided=True, limit=50, offset=0)
        damage.mark(tx, "1.2.3.7", place(7).segment_id, place(7).offset, now)
        once_more = kinds(tx, boss, now)

    assert asked.counts.get(Kind.DAMAGED) == 2
    assert [(one.kind, one.site_id, one.alike) for one in asked.concerns if one.kind is Kind.DAMAGED] == [
        (Kind.DAMAGED, hills.id, 1)
    ]
    assert (after, [one.kind for one in decided.concerns]) == (before, [])
    assert once_more.get(Kind.DAMAGED) == 1
