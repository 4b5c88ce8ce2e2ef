"""What a device sends that no machine may decide is seen by those in charge, decided with a reason, and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from pacs.arriving.outcome import Reason
from pacs.arriving.receive import Sender
from pacs.arriving.settle_held import settle_held
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.identity_moves import Identity
from reading.context import Context
from reading.intake import arrival_end, intake
from reading.register import device_contacts, devices
from reading.register.device_contacts import Activity
from reading.tables import audit_event
from reading.tables import case as case_table
from storage.database import snapshot, transaction
from storage.index.queries import instance_of, study_of
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from tests.builders import image, thing
from tests.reading.clinic import read
from tests.reading.region import KEYS
from tests.viewer.house import House

UIDS = {"SOPInstanceUID": "1.2.3", "StudyInstanceUID": "1.2.4", "SeriesInstanceUID": "1.2.5"}


@dataclass
class Hills:
    """The township of Hills with its device, and what it sends."""

    house: House
    sender: Sender

    def sends(self, **changed: object) -> Reason:
        outcome = self.house.archive.take(thing(image(rows=64, columns=64, **(UIDS | changed))), self.sender)
        behind = self.house.archive
        bytes_ = Bytes(behind.directory, FolderObjectStore(behind.directory.parent / "objects"), self.house.engine)
        settle_held(self.house.engine, bytes_, lambda: self.house.now)
        return outcome.reason

    def shown(self, uid: str = "1.2.3") -> int | None:
        with snapshot(self.house.engine) as tx:
            one = instance_of(tx, uid)
        return None if one is None else one.instance_number


@pytest.fixture
def hills(house: House) -> Hills:
    site = house.clinic.region.hills
    with transaction(house.engine) as tx:
        device = devices.add(
            tx, ae_title="DR1", network="10.0.0.1", port=None, site_id=site.id, issuer="HILLS", now=house.now
        )
    return Hills(house, Sender(device_id=device.id, site_id=site.id, issuer="HILLS"))


def only(client: httpx.Client, **asked: str) -> dict[str, object]:
    answer = client.get("/api/quality", params=asked)
    assert answer.status_code == 200, answer.text
    (one,) = answer.json()["concerns"]
    assert isinstance(one, dict)
    return one


def decide(
    client: httpx.Client, one: dict[str, object], move: str, seen: int, reason: str = "核对过"
) -> httpx.Response:
    return client.post(
        f"/api/quality/{one['aspect']}/{one['id']}/decide", json={"move": move, "reason": reason, "seen": seen}
    )


def test_other_content_under_one_uid_is_compared_shown_instead_and_taken_back(house: House, hills: Hills) -> None:
    hills.sends()
    assert hills.sends(InstanceNumber=2, PatientName="Pia^Patient=皮雅") is Reason.HELD
    mona = house.signed_in("mona")
    one = only(mona)
    detail = mona.get(f"/api/quality/bytes/{one['id']}").json()
    picture = mona.get(f"/api/quality/bytes/{one['id']}/picture")

    assert (one["kind"], detail["pixels"], detail["moves"]) == ("conflict_content", "same", ["keep", "show"])
    assert {each["keyword"]: (each["stored"], each["newcomer"]) for each in detail["differences"]} == {
        "PatientName": ("Pia^Patient=皮亚", "Pia^Patient=皮雅"),
        "InstanceNumber": ("1", "2"),
    }
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")

    assert decide(mona, one, "show", 0).status_code == 200
    assert hills.shown() == 2
    page = mona.get(f"/quality/bytes/{one['id']}")
    assert "改为显示新收到的" in page.text
    assert "原先显示的" in page.text
    assert decide(mona, one, "show", 0).status_code == 409  # decided since it was looked at
    assert decide(mona, one, "undo", 1).status_code == 200
    assert hills.shown() == 1
    assert decide(mona, one, "keep", 2).status_code == 200
    assert only(mona, decided="true")["id"] == one["id"]
    history = mona.get(f"/api/quality/bytes/{one['id']}").json()["history"]
    assert [each["move"] for each in history] == ["show", "undo", "keep"]
    assert [(kind, told["move"], told["undo"]) for kind, told in house.noted() if kind == "quarantine"] == [
        ("quarantine", "show", False),
        ("quarantine", "show", True),
        ("quarantine", "keep", False),
    ]
    with snapshot(house.engine) as tx:
        recorded = tx.scalars(sa.select(audit_event.c.action).where(audit_event.c.action.like("concern.%"))).all()
    assert {"concern.list", "concern.open", "concern.show", "concern.undo", "concern.keep"} <= set(recorded)


def test_what_a_device_offers_and_is_not_accepted_is_listed(house: House, hills: Hills) -> None:
    offered = Activity(classes_refused_at=house.now, classes_refused="1.2.840.113619.6.27")
    with transaction(house.engine) as tx:
        device_contacts.note(tx, {hills.sender.device_id: offered}, house.now)
    mona, quinn = house.signed_in("mona"), house.signed_in("quinn")
    (told,) = mona.get("/api/quality").json()["classes_refused"]

    assert (told["device"], told["classes"]) == ("DR1", "1.2.840.113619.6.27")
    page = mona.get("/quality").text
    assert "1.2.840.113619.6.27" in page
    assert "TIERREAD_" not in page
    assert "1.2.840.113619.6.27" not in quinn.get("/quality").text
    house.now += device_contacts.CLASSES_SHOWN + timedelta(days=1)
    assert house.signed_in("mona").get("/api/quality").json()["classes_refused"] == []


def test_whose_images_they_are_is_compared_again_when_others_are_shown(house: House, hills: Hills) -> None:
    hills.sends()
    assert hills.sends(InstanceNumber=2, PatientName="Pia^Patient=皮雅") is Reason.HELD
    with transaction(house.engine) as tx:
        study = study_of(tx, "1.2.4")
        assert study is not None
        taken = intake.take_in(Context(tx, house.clinic.audit, house.now, SYSTEM), KEYS, study)
    mona = house.signed_in("mona")

    for move, seen in (("show", 0), ("undo", 1)):
        with transaction(house.engine) as tx:
            tx.execute(sa.update(case_table).values(identity=Identity.CONFIRMED))
        assert (
            decide(mona, only(mona, group="conflict", decided="true" if seen else "false"), move, seen).status_code
            == 200
        )
        with snapshot(house.engine) as tx:
            assert cases.by_id(tx, taken.id).identity is Identity.UNCHECKED


def test_an_image_of_another_patient_enters_the_study_that_it_names_after_all(house: House, hills: Hills) -> None:
    hills.sends()
    hills.sends(SOPInstanceUID="1.2.9", PatientID="P0002", InstanceNumber=7)
    mona = house.signed_in("mona")
    one = only(mona, group="conflict")
    detail = mona.get(f"/api/quality/bytes/{one['id']}").json()

    assert (one["kind"], detail["moves"]) == ("conflict_patient", ["keep", "admit"])
    assert {"label": "患者编号", "arrived": "P0002", "beside": "P0001"} in detail["facts"]
    assert decide(mona, one, "admit", 0).status_code == 200
    assert hills.shown("1.2.9") == 7
    assert decide(mona, one, "undo", 1).status_code == 200
    assert hills.shown("1.2.9") is None
    with snapshot(house.engine) as tx:
        study = study_of(tx, "1.2.4")
    assert study is not None
    assert study.instances == 1


def test_refused_bytes_are_downloaded_and_received_again(house: House, hills: Hills) -> None:
    assert hills.sends(StudyInstanceUID=None) is Reason.NO_UIDS
    # Announced under a UID that is not its own: by what it says itself it can be received.
    sent = thing(image(SOPInstanceUID="1.2.8"))
    reception = house.archive.receiver.begin(hills.sender, sent.sop_class, "1.2.7", sent.transfer_syntax, "dimse")
    reception.feed(sent.dataset)
    assert reception.finish().reason is Reason.UID_MISMATCH
    mona = house.signed_in("mona")
    listed = {each["kind"]: each for each in mona.get("/api/quality?group=unreadable").json()["concerns"]}
    no_uids, mismatch = listed["no_uids"], listed["uid_mismatch"]
    content = mona.get(f"/api/quality/bytes/{mismatch['id']}/content")

    assert content.content == sent.dataset
    assert content.headers["content-disposition"].startswith("attachment")
    assert content.headers["x-content-type-options"] == "nosniff"
    refused = decide(mona, no_uids, "again", 0)
    assert (refused.status_code, refused.json()["rule"]) == (403, "still_no_uids")
    assert len(house.archive.quarantined()) == 2  # what is refused again is not kept twice
    assert decide(mona, mismatch, "again", 0).status_code == 200
    assert hills.shown("1.2.8") == 1
    assert decide(mona, no_uids, "dismiss", 0, reason="厂家已修复").status_code == 200
    assert decide(mona, no_uids, "undo", 1).status_code == 200
    assert only(mona)["id"] == no_uids["id"]


@pytest.mark.parametrize(
    ("known", "kind"),
    [
        ({"patient_id": "P77"}, "unknown_patient"),
        ({"patient_id": "TEST"}, "blank_id"),
        ({"study_date": "20991231", "study_time": "0800"}, "clock_wrong"),
        ({"study_date": "00010101"}, "clock_wrong"),
    ],
)
def test_cases_that_want_somebody_are_listed_and_seen_to(known: dict[str, str], kind: str, house: House) -> None:
    case = house.case("1.2.840.1", **known)
    mona = house.signed_in("mona")
    one = only(mona)

    assert (one["kind"], one["id"]) == (kind, case.id)
    page = mona.get(f"/quality/{one['aspect']}/{one['id']}")
    assert f"/t/case/{case.id}" in page.text
    assert decide(mona, one, "noted", 0).status_code == 200
    assert mona.get("/api/quality").json()["total"] == 0
    assert decide(mona, only(mona, decided="true"), "undo", 1).status_code == 200
    assert mona.get("/api/quality").json()["counts"] == {kind: 1}


def test_a_report_that_stands_has_to_be_withheld_before_other_images_are_shown(house: House, hills: Hills) -> None:
    hills.sends(InstanceNumber=1)
    hills.sends(InstanceNumber=2)
    with transaction(house.engine) as tx:
        study = study_of(tx, "1.2.4")
        assert study is not None
        taken = intake.take_in(Context(tx, house.clinic.audit, house.now, SYSTEM), KEYS, study)
        arrival_end.end_arriving(tx, study.last_received_at + timedelta(minutes=2), 60)
        read(tx, house.clinic, house.clinic.ada, taken.id, house.now, incomplete_reason="另一幅待核对")
    mona = house.signed_in("mona")
    one = only(mona, group="conflict")
    refused = decide(mona, one, "show", 0)

    assert (refused.status_code, refused.json()["rule"]) == (403, "withhold_first")
    assert hills.shown() == 1


def test_the_site_looks_on_and_strangers_see_nothing(house: House, hills: Hills) -> None:
    hills.sends()
    hills.sends(InstanceNumber=2)
    tang, ada, quinn = house.signed_in("tang"), house.signed_in("ada"), house.signed_in("quinn")
    one = only(tang)

    assert tang.get(f"/api/quality/bytes/{one['id']}").json()["moves"] == []
    assert "请联系上级质控负责人" in tang.get(f"/quality/bytes/{one['id']}").text
    assert decide(tang, one, "keep", 0).status_code == 403
    for stranger in (ada, quinn):
        assert stranger.get("/api/quality").json()["total"] == 0
        assert stranger.get(f"/api/quality/bytes/{one['id']}").status_code == 404
        assert stranger.get(f"/api/quality/bytes/{one['id']}/content").status_code == 404
        assert decide(stranger, one, "keep", 0).status_code == 404


def test_a_page_works_without_a_script(house: House, hills: Hills) -> None:
    hills.sends()
    hills.sends(InstanceNumber=2)
    mona = house.signed_in("mona")
    one = only(mona)
    form = {"csrf_token": mona.headers["X-CSRF-Token"], "move": "keep", "seen": "0", "reason": "重复发送"}
    done = mona.post(f"/quality/bytes/{one['id']}/decide", data=form)

    assert (done.status_code, done.headers["location"]) == (303, f"/quality/bytes/{one['id']}?done=keep")
    page = mona.get(done.headers["location"])
    assert "重复发送" in page.text
    assert "撤销上一决定" in page.text
    assert "没有需要处理的问题" in mona.get("/quality").text
    assert "保留已存的" in mona.get("/quality?decided=true").text


def test_a_series_in_conflict_is_one_line_and_one_decision(house: House, hills: Hills) -> None:
    hills.sends()
    for number in (7, 8, 9):
        hills.sends(SOPInstanceUID=f"1.2.{number}", PatientID="P0002", InstanceNumber=number)
    hills.sends(SOPInstanceUID="1.2.10", PatientID="P0003", InstanceNumber=10)
    mona = house.signed_in("mona")
    listed = mona.get("/api/quality").json()
    one = next(each for each in listed["concerns"] if each["alike"])

    assert (listed["total"], listed["counts"], one["alike"]) == (2, {"conflict_patient": 4}, 2)
    assert len(mona.get(f"/api/quality/bytes/{one['id']}").json()["others"]) == 2
    form = {
        "csrf_token": mona.headers["X-CSRF-Token"],
        "move": "admit",
        "seen": "0",
        "reason": "同一人",
        "alike": "yes",
    }
    assert mona.post(f"/quality/bytes/{one['id']}/decide", data=form).status_code == 303
    assert [hills.shown(f"1.2.{number}") for number in (7, 8, 9, 10)] == [7, 8, 9, None]
    assert [kind for kind, _ in house.noted()].count("quarantine") == 3
    back = {"move": "undo", "reason": "不是", "seen": 1, "alike": True}
    assert mona.post(f"/api/quality/bytes/{one['id']}/decide", json=back).status_code == 200
    assert [hills.shown(f"1.2.{number}") for number in (3, 7, 8, 9)] == [1, None, None, None]


def test_a_device_whose_quarantine_is_full_is_told_to_its_site_and_its_manager(
    hills: Hills, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hills.house.archive.spool, "_quarantine_bytes", 0)
    hills.sends(SOPInstanceUID="")
    manager, township, stranger = (hills.house.signed_in(name) for name in ("mona", "tang", "quinn"))

    for who in (manager, township):
        assert "DR1" in _own_part(who)
        assert 'role="alert"' in _own_part(who)
    assert 'role="alert"' not in _own_part(stranger)


def _own_part(who: httpx.Client) -> str:
    """The page without the frame around it."""
    return who.get("/quality").text.partition("<main")[2].partition("</main>")[0]
