"""The side of each series is corrected on the page, and every picture goes out with its own."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.engine import Connection

from pacs.leaving.corrections import Correction
from pacs.leaving.placement import own_correction
from reading.context import Context
from reading.desk import case_record
from reading.intake import putting_right
from reading.patients import attribution
from reading.reports import versions
from reading.reports.versions import Status
from reading.signing import withhold
from reading.viewers import Staff
from storage.database import snapshot, transaction
from storage.index import queries
from tests.reading.clinic import NORMAL, read, send, verify
from tests.viewer.house import House

STUDY = "1.2.840.7"
KNEES = {"patient_id": "P1", "patient_name": "Pia", "body_part": "KNEE"}


def test_the_sides_of_two_knees_are_swapped_on_the_page_and_in_what_is_sent(house: House) -> None:
    with transaction(house.engine) as tx:
        left = {"series_uid": f"{STUDY}.2", "sop_instance_uid": f"{STUDY}.2.1", "received_digest": b"2" * 32}
        send(tx, house.clinic, STUDY, house.now, laterality="L", **left, **KNEES)
    case = house.case(STUDY, laterality="R", **KNEES)
    tang, address = house.signed_in("tang"), f"/t/case/{case.id}/correct"
    page = tang.get(address).text
    known = dict(re.findall(r'name="(revision|was)" value="([^"]*)"', page))
    known["was"] = known["was"].replace("&#34;", '"')
    form = {"laterality": "B", "name": "Pia", "body_part": "KNEE", "why": "侧别写反"}
    one = tang.post(address, data={**known, **form, "laterality": "L", "csrf_token": tang.headers["X-CSRF-Token"]})
    done = tang.post(
        address,
        data={
            **known,
            **form,
            "csrf_token": tang.headers["X-CSRF-Token"],
            "series": [f"{STUDY}.1", f"{STUDY}.2"],
            "side": ["L", "R"],
        },
    )
    with snapshot(house.engine) as tx:
        made = attribution.current(tx, STUDY)
        assert made is not None
        correction = Correction(attributes=made.attributes, revision=1, reason="", made_at=house.now)
        there = {uid: queries.instance_of(tx, uid) for uid in (f"{STUDY}.1.1", f"{STUDY}.2.1")}
        sent = [own_correction(correction, image) for image in there.values() if image is not None]

    assert page.count('name="side"') == 2
    assert one.status_code == 422
    assert "图像包含左右两侧" in one.text
    assert done.status_code == 303, done.text
    assert [each and each.side for each in sent] == ["L", "R"]


def test_an_examination_of_one_series_has_one_side(house: House) -> None:
    case = house.case(STUDY, laterality="R", **KNEES)

    assert 'name="side"' not in house.signed_in("tang").get(f"/t/case/{case.id}/correct").text


def test_what_a_correction_changed_is_told_to_whom_the_site_is_theirs(house: House) -> None:
    unknown = KNEES | {"patient_id": "", "patient_name": "Wu^Jun", "sex": "F", "birth_date": "19900307"}
    case, clinic = house.case(STUDY, laterality="R", **unknown), house.clinic
    written = {"PatientName": "吴军", "PatientSex": "M", "PatientBirthDate": "19900308", "BodyPartExamined": "HAND"}

    with transaction(house.engine) as tx:
        tang = Context(tx, clinic.audit, house.now, clinic.tang)
        putting_right.correct_case(tang, case.id, written, reason="写错了")
        putting_right.correct_case(tang, case.id, {"BodyPartExamined": ""}, reason="不明")
        told = {
            who.person_id: [
                (each.keyword, each.before, each.after)
                for done in case_record.besides(replace(tang, who=who), case)
                for each in done.changes
            ]
            for who in (clinic.tang, clinic.rosa)
        }
    client = house.signed_in("tang")
    record = client.get(f"/t/case/{case.id}").text.partition("操作记录")[2]
    page = client.get(f"/t/case/{case.id}/correct").text

    parts = [("BodyPartExamined", "KNEE", "HAND"), ("BodyPartExamined", "HAND", "")]
    assert told[clinic.rosa.person_id] == parts
    assert set(told[clinic.tang.person_id]) == {
        *parts,
        ("PatientName", "Wu^Jun", "WU^JUN=吴^军"),
        ("PatientSex", "F", "M"),
        ("PatientBirthDate", "19900307", "19900308"),
    }
    for line in ("姓名：Wu Jun → 吴军", "性别：女 → 男", "部位：膝关节 → 手", "部位：手 → （无）"):
        assert line in record
        assert line in page
    assert "出生日期：1990-03-07 → 1990-03-08" in record


def test_a_side_that_was_corrected_after_the_report_is_told_to_everybody(house: House) -> None:
    """Withheld, corrected and read anew: at the desk, on the page of the case, and to the patient."""
    case = house.case(STUDY, laterality="L", sex="F", birth_date="19900307", **KNEES)
    clinic, tx_now = house.clinic, house.now

    def by(tx: Connection, staff: Staff, minute: int) -> Context[Staff]:
        return Context(tx, clinic.audit, tx_now + timedelta(minutes=minute), staff, clinic.seal.public_key)

    def signed(tx: Connection, words: str, minute: int) -> None:
        said = replace(NORMAL, findings=f"{words}骨质完整。", impression=f"{words}未见异常。")
        read(tx, clinic, clinic.rosa, case.id, tx_now + timedelta(minutes=minute), said)
        verify(tx, clinic, clinic.vera, case.id, tx_now + timedelta(minutes=minute))

    with transaction(house.engine) as tx:
        signed(tx, "左膝", 1)
        withhold.withhold(by(tx, clinic.mona, 2), case.id, why="左右写反")
        putting_right.correct_case(by(tx, clinic.mona, 3), case.id, {"Laterality": "R"}, reason="设备上选错了侧")
        withhold.read_again(by(tx, clinic.mona, 4), case.id, why="左右写反")
        signed(tx, "右膝", 5)
        (final,) = [one for one in versions.of_case(tx, case.id) if one.status is Status.FINAL]
    desk = house.signed_in("ada").get(f"/api/cases/{case.id}").json()["correspondence"]
    record = house.signed_in("tang").get(f"/t/case/{case.id}").text.partition("操作记录")[2]
    told = house.patient_client(case.id).get(f"/p/reports/{final.id}").text

    assert [(one["who"], one["words"], one["sides"]) for one in desk if one["word"] == "thread.side"] == [
        ("Mona", "设备上选错了侧", [["L", "R"]])
    ]
    assert "侧别：左 → 右 设备上选错了侧" in record
    assert "侧别：左 → 右 设备上选错了侧" in house.signed_in("tang").get(f"/t/case/{case.id}/correct").text
    assert "改动部分：侧别：左 → 右" in told
