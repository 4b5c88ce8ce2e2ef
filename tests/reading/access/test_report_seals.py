"""A report that somebody changed in the database is shown as such, kept from its patient, and named by the check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Engine

from reading import tables
from reading.access import door, report_seals
from reading.access.report_seals import BrokenReport, check_reports
from reading.actions import Action
from reading.audit import SYSTEM, events_about
from reading.cases import cases
from reading.cases.identity_moves import Identity
from reading.context import Context
from reading.errors import NotAllowed, NotThere
from reading.kinds import Sex
from reading.patients import patients
from reading.reports.seal import Seal, canonical
from reading.reports.versions import SealFlaw
from reading.signing import printing
from reading.viewers import PatientViewer
from storage.database import snapshot, transaction
from storage.tables import study
from tests.plans import listening
from tests.reading.anchors.anchored import tamper
from tests.reading.clinic import Clinic, arrive, open_clinic, read
from tests.reading.region import KEYS

VERSION, SIGNATURE, CASE = tables.report_version, tables.signature, tables.case
STUDY: Final = "1.2.3"


@dataclass(frozen=True)
class Signed:
    """A released radiograph of Pia, and a second patient, who is nobody in it."""

    clinic: Clinic
    case_id: str
    version_id: str
    pia: PatientViewer
    other_id: str


def signed(engine: Engine, now: datetime) -> Signed:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, STUDY, now)
        ids = [
            patients.register(tx, KEYS, name=name, birth_date=None, sex=Sex.FEMALE, identifiers=[], now=now).id
            for name in ("Pia", "Quentin")
        ]
        tx.execute(sa.update(CASE).where(CASE.c.id == case.id).values(patient_id=ids[0], identity=Identity.CONFIRMED))
        version = read(tx, clinic, clinic.ada, case.id, now)
        assert cases.by_id(tx, case.id).state == "final"
    pia = PatientViewer(patient_id=ids[0], case_id=None)
    return Signed(clinic, case.id, version.id, pia, ids[1])


def zeroed(_: Signed) -> list[sa.Executable]:
    return [sa.update(SIGNATURE).values(value=bytes(64))]


def zeroed_and_changed(_: Signed) -> list[sa.Executable]:
    return [sa.update(VERSION).values(content=VERSION.c.content), *zeroed(_), changed_reason(_)]


def changed_reason(_: Signed) -> sa.Executable:
    return sa.update(VERSION).values(incomplete_reason="nothing was missing")


def with_another_key(one: Signed) -> list[sa.Executable]:
    """The forger signs with a key of their own, and puts that key's fingerprint where the database names ours."""
    forger = Seal(Ed25519PrivateKey.generate())
    with_words = canonical({"version_id": one.version_id, "name": "nobody"})
    return [
        sa.update(SIGNATURE).values(payload=with_words, value=forger.sign(with_words), key_id=forger.key_id),
        changed_reason(one),
    ]


HARMS: Final[dict[str, tuple[Callable[[Signed], list[sa.Executable]], set[SealFlaw]]]] = {
    "its text was changed": (lambda one: [changed_reason(one)], {SealFlaw.SIGNATURE}),
    "its signature was zeroed": (zeroed, {SealFlaw.SIGNATURE}),
    "both": (zeroed_and_changed, {SealFlaw.SIGNATURE}),
    "its signature was removed": (lambda _: [sa.delete(SIGNATURE)], {SealFlaw.UNSIGNED}),
    "another key signed it": (with_another_key, {SealFlaw.SIGNATURE}),
    "the time of signing was moved": (
        lambda _: [sa.update(SIGNATURE).values(signed_at=datetime.fromisoformat("2020-01-01T00:00:00+00:00"))],
        {SealFlaw.SIGNATURE},
    ),
    "images were added": (
        lambda _: [sa.update(VERSION).values(images={"set": "", "instances": {}})],
        {SealFlaw.SIGNATURE},
    ),
    "it was given to another patient": (
        lambda one: [sa.update(CASE).values(patient_id=one.other_id)],
        {SealFlaw.IDENTITY},
    ),
    "the name above it was changed": (lambda _: [sa.update(study).values(patient_name="Qian^Qi")], {SealFlaw.IDENTITY}),
    "its side was changed": (lambda _: [sa.update(CASE).values(laterality="R")], {SealFlaw.IDENTITY}),
}


@pytest.mark.parametrize("harm", HARMS)
def test_what_was_forged_is_shown_as_such_and_never_to_its_patient(engine: Engine, now: datetime, harm: str) -> None:
    one = signed(engine, now)
    forge, flaws = HARMS[harm]
    key = one.clinic.seal.public_key
    whole = [page.broken for page in check_reports(engine, key)]
    with transaction(engine) as tx:
        before = door.open_own_reports(Context(tx, one.clinic.audit, now, one.pia, key), limit=9)
    tamper(engine, *forge(one))
    broken = [each for page in check_reports(engine, key) for each in page.broken]
    with transaction(engine) as tx:
        ctx = Context(tx, one.clinic.audit, now, one.clinic.tang, key)
        seen = door.open_report(ctx, one.version_id, Action.REPORT_READ)
        again = door.open_reports(ctx, one.case_id, Action.CASE_OPEN)
        with pytest.raises(NotAllowed, match="not_as_signed"):
            printing.print_report(ctx, one.version_id)
    theirs = replace(one.pia, patient_id=one.other_id) if "patient" in harm else one.pia
    with transaction(engine) as tx:
        listed = door.open_own_reports(Context(tx, one.clinic.audit, now, theirs, key), limit=9)
    with transaction(engine) as tx, pytest.raises(NotThere):
        door.open_report(Context(tx, one.clinic.audit, now, theirs, key), one.version_id, Action.REPORT_READ)
    with transaction(engine) as tx, pytest.raises(NotThere):
        door.open_study(Context(tx, one.clinic.audit, now, theirs, key), STUDY, Action.STUDY_RENDERED)

    assert whole == [()]
    assert [each.version.id for each in before] == [one.version_id]
    assert broken == [BrokenReport(version_id=one.version_id, flaws=tuple(sorted(flaws)))]
    assert (seen.broken, seen.flaws, [version.broken for version in again]) == (True, flaws, [True])
    assert listed == []


def test_a_patients_list_asks_four_questions_however_long_it_is(engine: Engine, now: datetime) -> None:
    one = signed(engine, now)
    key = one.clinic.seal.public_key
    with transaction(engine) as tx:
        for number in range(3):
            case = arrive(tx, one.clinic, f"{STUDY}.{number}", now + timedelta(minutes=number))
            theirs = {"patient_id": one.pia.patient_id, "identity": Identity.CONFIRMED}
            tx.execute(sa.update(CASE).where(CASE.c.id == case.id).values(theirs))
            read(tx, one.clinic, one.clinic.ada, case.id, now)
    with transaction(engine) as tx:
        door.open_own_reports(Context(tx, one.clinic.audit, now, one.pia, key), limit=9)

    with listening(engine) as asked, transaction(engine) as tx:
        again = door.open_own_reports(Context(tx, one.clinic.audit, now, one.pia, key), limit=9)

    assert [each.version.broken for each in again] == [False] * 4
    assert [each.examined_at for each in again] == sorted((each.examined_at for each in again), reverse=True)
    assert len(asked) == 4


def test_an_alarm_is_raised_once_and_goes_when_the_report_is_whole_again(engine: Engine, now: datetime) -> None:
    one = signed(engine, now)
    key = one.clinic.seal.public_key

    def look() -> bool:
        with transaction(engine) as tx:
            ctx = Context(tx, one.clinic.audit, now, one.clinic.ada, key)
            return door.open_report(ctx, one.version_id, Action.REPORT_READ).broken

    with snapshot(engine) as tx:
        text = tx.scalar(sa.select(VERSION.c.content))
    tamper(engine, sa.update(VERSION).values(content={**(text or {}), "findings": "nothing"}))
    looks = [look(), look()]
    with transaction(engine) as tx:
        waiting = report_seals.untold(tx)
        report_seals.told(Context(tx, one.clinic.audit, now, SYSTEM), [each.version_id for each in waiting])
    with snapshot(engine) as tx:
        after, events = report_seals.untold(tx), events_about(tx, "report", one.version_id)
    with transaction(engine) as tx:
        tx.execute(sa.update(VERSION).values(content=text))
    looks.append(look())
    with transaction(engine) as tx:
        own = door.open_own_reports(Context(tx, one.clinic.audit, now, one.pia, key), limit=9)

    assert looks == [True, True, False]
    assert [each.version_id for each in waiting] == [one.version_id]
    assert after == []
    assert [event.action for event in events].count(Action.REPORT_BROKEN) == 1
    assert [each.version.id for each in own] == [one.version_id]


def test_a_preliminary_version_released_by_hand_is_found(engine: Engine, now: datetime) -> None:
    """A resident's report waits for a verifier; somebody writes `final` and a date into its row."""
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, STUDY, now)
        version = read(tx, clinic, clinic.rosa, case.id, now)
    tamper(engine, sa.update(VERSION).values(status="final", released_at=now))
    broken = [each for page in check_reports(engine, clinic.seal.public_key) for each in page.broken]

    assert broken == [BrokenReport(version_id=version.id, flaws=(SealFlaw.RELEASE,))]


def test_an_unreadable_row_is_named_among_whole_ones(
    engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_seals, "_PAGE", 2)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ids = sorted(read(tx, clinic, clinic.ada, arrive(tx, clinic, f"1.{n}", now).id, now).id for n in range(5))
    tamper(engine, sa.update(VERSION).where(VERSION.c.id == ids[3]).values(content={"title": "another form"}))
    pages = list(check_reports(engine, clinic.seal.public_key))

    assert sum(page.versions for page in pages) == 5
    assert [each for page in pages for each in page.broken] == [
        BrokenReport(version_id=ids[3], flaws=(SealFlaw.UNREADABLE,))
    ]


def test_a_version_that_nobody_compared_is_not_shown(engine: Engine, now: datetime) -> None:
    one = signed(engine, now)
    with transaction(engine) as tx:
        ctx = Context(tx, one.clinic.audit, now, one.clinic.ada)
        unseen = door.open_report(ctx, one.version_id, Action.REPORT_READ)

    with pytest.raises(ValueError, match="not compared"):
        _ = unseen.broken


def test_a_report_whose_case_is_held_is_no_forgery(engine: Engine, now: datetime) -> None:
    """A late image names somebody else: nobody is linked until a person decides, and the report stays as signed."""
    one = signed(engine, now)
    tamper(engine, sa.update(CASE).values(patient_id=None, identity=Identity.DIFFERS))

    assert [page.broken for page in check_reports(engine, one.clinic.seal.public_key)] == [()]
