"""The demonstration: pictures that look like pictures, data sets that are whole, a region that is made once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from sqlalchemy.engine import Engine

from reading import identifiers
from reading.audit import SYSTEM, Audit
from reading.context import Context
from reading.identifiers import IdentityCard
from reading.intake import arrival_end, intake
from reading.kinds import Level, Role, Tier
from reading.patients.keys import keys_in
from reading.protocolling import lists
from reading.register import organisations, people
from reading.register.passwords import NewPassword
from reading.reports.seal import Seal
from reading.teaching import library, subscriptions
from service.demo import ct, objects, protocols, radiographs, region, teaching
from service.demo.acting import as_person
from service.demo.radiographs import Chest, Hand
from service.demo.region import EXAMINATIONS, PATIENTS, PEOPLE, ChestCt, Sent
from storage.database import snapshot, transaction
from tests.passwords import quick_hash
from tests.reading.region import received
from tests.running import TierRead, wait_until

CHINA = timezone(timedelta(hours=8))


def test_the_region_has_its_levels_and_people_of_every_role(engine: Engine, tmp_path: Path, now: datetime) -> None:
    words = {name: f"word-for-{number}-only" for number, (name, *_) in enumerate(PEOPLE)}
    chosen = {name: NewPassword(text=word, hash=quick_hash(word), is_first=False) for name, word in words.items()}
    keys = keys_in(tmp_path / "keys")
    with transaction(engine) as tx:
        made = region.make(Context(tx, Audit("demo"), now, SYSTEM), keys, chosen)
        protocols.ask_some(tx, Audit("demo"), keys, made, now)
        reader = as_person(tx, Audit("demo"), made, "谢婉", now)
        asked = [one.words for one in lists.waiting_for(reader)]
    region.keep(tmp_path, made)
    with snapshot(engine) as tx:
        levels = [one.level for one in organisations.list_all(tx)]
        city = organisations.by_code(tx, "CITY")
        assert city is not None
        reviewed = set(organisations.read_by(tx, {city.id}, now)[Tier.CITY, city.id])
        roles = {grant.role for one in people.list_all(tx) for grant in people.grants_of(tx, one.id, now)}

    assert {level: levels.count(level) for level in Level} == {
        Level.REGION: 0,
        Level.CITY: 1,
        Level.COUNTY: 3,
        Level.TOWNSHIP: 4,
    }
    assert len(reviewed) == 8
    assert roles == set(Role)
    assert len(asked) == 1
    assert region.read(tmp_path) == made
    assert (tmp_path / region.STATE_FILE).stat().st_mode & 0o077 == 0


def test_the_identity_numbers_are_sound_and_of_no_place() -> None:
    for somebody in PATIENTS:
        card = identifiers.identity_card(somebody.identity_number, today=date(2026, 3, 2))

        assert isinstance(card, IdentityCard), somebody
        assert card.oddities(sex=somebody.sex, birth_date=somebody.born) == []
        assert card.region_code.startswith("99")


@pytest.mark.parametrize(
    "picture", [Chest(seed=1, nodule=(-0.42, -0.25)), Hand(seed=2, fracture=True)], ids=["chest", "hand"]
)
def test_a_radiograph_is_of_full_size_and_uses_its_depth(picture: Chest | Hand) -> None:
    pixels = radiographs.chest(picture) if isinstance(picture, Chest) else radiographs.hand(picture)
    low, middle, high = np.percentile(pixels, (1, 50, 99.5))

    assert (pixels.shape, pixels.dtype) == ((3000, 3000), np.dtype(np.uint16))
    assert pixels.max() <= 4095
    assert low < 400 < high
    assert high > 2500
    assert low <= middle <= high


def test_a_slice_through_the_chest_has_air_lung_muscle_and_bone() -> None:
    hounsfield = ct._slice(0.4, ct._lung_tree(np.random.default_rng(3)), nodule=True)
    share = {
        "air": np.mean(hounsfield < -950),
        "lung": np.mean((hounsfield > -920) & (hounsfield < -800)),
        "muscle": np.mean((hounsfield > 0) & (hounsfield < 120)),
        "bone": np.mean(hounsfield > 400),
    }

    assert hounsfield.shape == (512, 512)
    assert all(part > 0.003 for part in share.values()), share


def test_the_data_sets_of_a_study_belong_together() -> None:
    at = datetime(2026, 3, 2, 8, 0, tzinfo=CHINA)
    sent = Sent(study_uid="2.25.77", accession_number="A77", patient_number="P77")
    scan = next(each for each in EXAMINATIONS if isinstance(each.picture, ChestCt))
    sending: Iterator[Dataset] = objects.instances(scan, sent, at)
    first, second = next(sending), next(sending)
    hand = next(each for each in EXAMINATIONS if isinstance(each.picture, Hand))
    dx = next(objects.instances(hand, sent, at))

    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert first.SeriesInstanceUID == second.SeriesInstanceUID
    assert first.ImagePositionPatient[2] > second.ImagePositionPatient[2]
    assert first.TimezoneOffsetFromUTC == "+0800"
    assert len(dx.PixelData) == 2 * 3000 * 3000
    assert (dx.AccessionNumber, dx.PatientID, dx.StudyInstanceUID) == ("A77", "P77", "2.25.77")
    assert str(dx.PatientName).endswith(PATIENTS[hand.patient].name)
    assert objects.count(scan) == 200


@pytest.mark.timeout(280)
def test_the_demonstration_runs_and_its_devices_send(tmp_path: Path) -> None:
    tierread = TierRead(tmp_path)
    tierread.environ["TIERREAD_DICOM_HOST"] = "0.0.0.0"  # noqa: S104 the demonstration stays on loopback all the same
    try:
        tierread.start("demo", ready=False)
        wait_until(lambda: "sign in at /p" in tierread.out, 120, "the tables")
        made = region.read(tierread.data_dir)
        assert made is not None
        tang = next(each for each in made.sign_ins if each.role == Role.TECHNICIAN)
        client = tierread.client()
        signed_in = client.post("/api/session", json={"username": tang.username, "password": tang.password})
        wait_until(lambda: client.get("/api/cases").json()["total"], what="the first study")
        code = tierread.stop()

        assert signed_in.status_code == 200
        assert "DEMONSTRATION" in tierread.out
        assert all(each.password in tierread.out for each in made.sign_ins)
        assert f"TIERREAD at 127.0.0.1 port {tierread.dicom_port}" in tierread.out
        assert code == 0
    finally:
        tierread.close()


def test_two_examinations_are_taught_from_once_they_are_whole(engine: Engine, tmp_path: Path, now: datetime) -> None:
    words = {name: f"word-for-{number}-only" for number, (name, *_) in enumerate(PEOPLE)}
    chosen = {name: NewPassword(text=word, hash=quick_hash(word), is_first=False) for name, word in words.items()}
    keys, seal, audit = keys_in(tmp_path / "keys"), Seal.from_folder(tmp_path / "keys"), Audit("demo")
    with transaction(engine) as tx:
        ctx = Context(tx, audit, now, SYSTEM)
        made = region.make(ctx, keys, chosen)
        for lesson in teaching.LESSONS:
            examination, sent = EXAMINATIONS[lesson.place], made.studies[lesson.place]
            somebody = PATIENTS[examination.patient]
            said: dict[str, Any] = {
                "modality": region.modality(examination),
                "body_part": region.body_part(examination),
                "laterality": region.laterality(examination),
                "accession_number": sent.accession_number,
                "patient_id": sent.patient_number,
                "patient_name": somebody.pinyin,
                "sex": somebody.sex,
                "birth_date": f"{somebody.born:%Y%m%d}",
                "frames": 1,
            }
            site = organisations.in_force(tx, region.site_of(examination))
            intake.take_in(ctx, keys, received(tx, site, sent.study_uid, now, **said))
        early = teaching.teach_some(tx, audit, keys, seal, made, now)
        arrival_end.end_arriving(tx, now + timedelta(minutes=2), 60)
        done = [teaching.teach_some(tx, audit, keys, seal, made, now + timedelta(minutes=2)) for _ in range(2)]
        reader = as_person(tx, audit, made, teaching.READER, now + timedelta(minutes=3))
        found = library.find(reader, library.Query(), limit=9).entries
        new = subscriptions.new_entries(reader)

    assert (early, done) == (False, [True, True])
    assert {one.words.title for one in found} == {one.title for one in teaching.LESSONS}
    assert [len(each) for each in new.values()] == [2]
