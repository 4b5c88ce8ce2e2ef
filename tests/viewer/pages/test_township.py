"""The township's desk: n of m arrived, plain states, banners that want an answer, and what goes on paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import audit
from reading.alerts import alert_rows, critical
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.moves import State
from reading.completeness import announcements
from reading.completeness.announcements import Named
from reading.context import Context
from reading.desk.entries import entries_of
from reading.intake import arrival_end, intake
from reading.kinds import IdentifierKind, Priority
from reading.orders import orders
from reading.orders.orders import Asked
from reading.patients import patient_identifiers
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import find
from reading.queue import leases
from reading.tables import printing
from storage.database import snapshot, transaction
from tests.reading.clinic import NORMAL, PNEUMONIA, another_image, read, send, state, take, verify
from tests.reading.region import KEYS, PIA_CARD
from tests.viewer.house import House

STUDY = "1.2.840.1"


def token(client: httpx.Client) -> dict[str, str]:
    return {"csrf_token": client.headers["X-CSRF-Token"]}


def test_the_list_counts_images_while_they_arrive_and_when_all_are_there(house: House) -> None:
    clinic, tang = house.clinic, house.signed_in("tang")
    with transaction(house.engine) as tx:
        intake.take_in(
            Context(tx, clinic.audit, house.now, SYSTEM),
            KEYS,
            send(tx, clinic, STUDY, house.now, patient_name="王^小丽"),
        )
        intake.take_in(
            Context(tx, clinic.audit, house.now, SYSTEM), KEYS, another_image(tx, clinic, STUDY, 2, house.now)
        )

    arriving = tang.get("/t").text
    with transaction(house.engine) as tx:
        arrival_end.end_arriving(tx, house.now + timedelta(minutes=1), 60)
    arrived = tang.get("/t/list").text

    assert "王小丽" in arriving
    assert "已到 2 幅，接收中" in arriving
    assert "已到 2/2 幅" in arrived
    assert "等待诊断" in arrived
    tang.cookies.set("tierread_language", "en")
    assert "2 of 2 arrived" in tang.get("/t/list").text


def test_the_list_is_found_by_name_or_number_and_says_so_when_it_is_empty(house: House) -> None:
    tang = house.signed_in("tang")
    assert "还没有检查" in tang.get("/t").text

    house.case(STUDY, patient_name="Wang^Xiaoli=王^小丽", accession_number="A0001")

    assert "王小丽" in house.seek(tang, "/t", q="王小丽").text
    assert "王小丽" in house.seek(tang, "/t", q="A0001").text
    assert "没有符合的检查" in house.seek(tang, "/t", q="李").text


def test_a_name_out_of_an_image_is_text_and_never_a_script(house: House) -> None:
    house.case(STUDY, patient_name="<script>alert(1)</script>")

    page = house.signed_in("tang").get("/t").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_critical_result_stands_above_the_list_until_it_is_read_back(house: House) -> None:
    clinic, tang = house.clinic, house.signed_in("tang")
    case = house.case(STUDY)
    with transaction(house.engine) as tx:
        alert = critical.raise_alert(
            Context(tx, clinic.audit, house.now, clinic.ada), case.id, critical_class="stroke", finding="左侧基底节"
        )
    assert "急性脑卒中" in tang.get("/t/banners").text

    typed = {"read_back": "左侧基底节，已通知", "spoken_with": "Ada", "means": "telephone"}
    silent = tang.post(f"/t/alerts/{alert.id}/acknowledge", data={**token(tang), **typed, "read_back": "收到"})
    answered = tang.post(f"/t/alerts/{alert.id}/acknowledge", data={**token(tang), **typed})

    assert silent.status_code == 422
    assert "“收到”不是复述" in silent.text
    assert 'value="Ada"' in silent.text
    assert answered.headers["location"] == f"/t/case/{case.id}?done=acknowledged"
    assert "待反馈处置" in tang.get("/t/banners").text
    done = tang.post(f"/t/alerts/{alert.id}/dispose", data={**token(tang), "disposal": "transferred"})
    assert done.headers["location"] == f"/t/case/{case.id}?done=disposed"
    assert "急性脑卒中" not in tang.get("/t/banners").text
    with snapshot(house.engine) as tx:
        kept = alert_rows.by_id(tx, alert.id)
    assert (kept.acknowledged_by, kept.read_back) == (clinic.tang.person_id, "左侧基底节，已通知")


def test_a_returned_examination_says_why_and_is_answered(house: House) -> None:
    clinic, tang = house.clinic, house.signed_in("tang")
    case = house.case(STUDY)
    with transaction(house.engine) as tx:
        revision = take(tx, clinic, clinic.ada, case.id, house.now)
        leases.return_to_site(
            Context(tx, clinic.audit, house.now, clinic.ada), case.id, revision=revision, why="侧位曝光不足"
        )
    listed, page = tang.get("/t").text, tang.get(f"/t/case/{case.id}").text
    assert "侧位曝光不足" in listed
    assert "重拍后自动继续诊断" in listed.partition("<tbody>")[2]
    assert [words in page for words in ("怎样处理这次退回", "同一个患者编号 P1", "不能重拍")] == [True] * 3

    house.submit(tang, f"/t/case/{case.id}/answer", why="已重拍")

    assert "侧位曝光不足" not in tang.get("/t/banners").text
    with snapshot(house.engine) as tx:
        assert state(tx, case.id) is State.WAITING_READ


def test_an_emergency_has_a_badge_in_the_lists_and_a_reader_sees_that_nobody_is_linked(house: House) -> None:
    clinic, tang = house.clinic, house.signed_in("tang")
    with transaction(house.engine) as tx:
        order = orders.place(
            tx,
            site_id=clinic.region.hills.id,
            patient_id=house.patient.id,
            modality="DX",
            priority=Priority.EMERGENCY,
            procedures=[Asked(body_part="CHEST")],
            reason="",
            ordered_by=None,
            now=house.now,
        )
    case = house.case(STUDY, accession_number=order.accession_number)
    nobodys = house.case("1.2.840.9", patient_id="", patient_name="LI^NA")
    badge = '<span class="priority emergency">急诊</span>'
    listed = {one["id"]: one["linked"] for one in house.signed_in("ada").get("/api/cases").json()["items"]}

    assert [tang.get(page).text.count(badge) for page in ("/t", f"/t/case/{case.id}", "/t/order")] == [1, 1, 1]
    assert (listed[case.id], listed[nobodys.id]) == (True, False)


def test_a_preliminary_report_is_printed_with_its_mark_and_the_print_is_logged(house: House) -> None:
    clinic, tang = house.clinic, house.signed_in("tang")
    case = house.case(STUDY)
    with transaction(house.engine) as tx:
        version = read(tx, clinic, clinic.rosa, case.id, house.now, PNEUMONIA)
    assert "打印临时报告" in tang.get("/t").text

    preview = tang.get(f"/t/print/{version.id}")
    with snapshot(house.engine) as tx:
        assert _printings(tx, version.id) == []
    printed = tang.post(f"/t/print/{version.id}", data=token(tang))

    assert 'class="shell not-logged"' in preview.text  # the style sheet keeps this off paper
    assert 'class="shell printing"' in printed.text
    for page in (preview.text, printed.text):
        assert page.count("临时报告，以正式报告为准") == 2
        assert "右下肺炎" in page
    with snapshot(house.engine) as tx:
        (logged,) = _printings(tx, version.id)
    assert (logged.person_id, logged.status) == (clinic.tang.person_id, "preliminary")


def test_the_tabs_lead_to_what_waits_and_several_are_printed_once(house: House) -> None:
    clinic, tang = house.clinic, house.signed_in("tang")
    one, two, unread = (house.case(f"{STUDY}.{number}") for number in range(3))
    with transaction(house.engine) as tx:
        for case in (one, two):
            read(tx, clinic, clinic.rosa, case.id, house.now, NORMAL)
        versions = [verify(tx, clinic, clinic.vera, case.id, house.now).id for case in (one, two)]

    page = tang.get("/t", params={"stage": "to_print"}).text
    batch = re.search(r'name="batch" value="(\w+)"', page)
    assert batch is not None
    typed = {**token(tang), "batch": batch[1], "chosen": [*versions, "01KZZZZZZZZZZZZZZZZZZZZZZY"]}
    printed = tang.post("/t/print", data=typed)
    lost = tang.post("/t/print", data=typed)
    house.now += timedelta(minutes=3)
    loaded_again = tang.post("/t/print", data={**typed, "chosen": versions}, follow_redirects=False)
    again = tang.post(f"/t/print/{versions[0]}", data=token(tang))
    done = tang.get("/t/list", params={"stage": "done"}).text

    assert '>待打印 <span class="count act">2</span>' in page
    assert f"/t/case/{unread.id}" not in page
    assert printed.text.count('<article class="sheet"') == 2
    assert "1 份没有打印" in printed.text
    assert "补打" not in printed.text + lost.text
    assert lost.text.count('<article class="sheet"') == 2
    assert loaded_again.headers["location"] == "/t?stage=to_print"
    assert "补打 · 第 2 次打印" in again.text
    assert "已打印 2 次" in done
    assert '>待打印 <span class="count">0</span>' in done


def test_a_receipt_is_made_once_for_each_time_the_button_is_pressed(house: House) -> None:
    case, tang = house.case(STUDY), house.signed_in("tang")
    button = re.search(r'name="button" value="(\w+)"', tang.get(f"/t/case/{case.id}").text)
    assert button is not None
    typed = {**token(tang), "button": button[1]}

    made = tang.post(f"/t/case/{case.id}/receipt", data=typed)
    loaded_again = tang.post(f"/t/case/{case.id}/receipt", data=typed, follow_redirects=False)
    another = tang.post(f"/t/case/{case.id}/receipt", data=token(tang))

    assert 'class="code"' in made.text
    assert loaded_again.headers["location"] == f"/t/case/{case.id}?done=receipt"
    assert "第 2 张" in another.text


def test_a_changed_report_must_be_acknowledged_and_the_old_one_is_printed_no_more(house: House) -> None:
    clinic, tang = house.clinic, house.signed_in("tang")
    case = house.case(STUDY)
    with transaction(house.engine) as tx:
        old = read(tx, clinic, clinic.rosa, case.id, house.now, NORMAL)
    tang.get(f"/t/print/{old.id}")
    with transaction(house.engine) as tx:
        new = verify(tx, clinic, clinic.vera, case.id, house.now, PNEUMONIA)
    banner = tang.get("/t/banners").text
    assert "报告有更改" in banner
    assert f"/t/print/{new.id}" in banner

    notice = re.search(r"/t/notices/(\w+)/acknowledge", banner)
    assert notice is not None
    tang.post(notice[0], data=token(tang))

    assert "报告有更改" not in tang.get("/t/banners").text
    final = tang.get(f"/t/print/{new.id}").text
    assert '<p class="hospital">Hills</p>' in final
    assert "<h1>DR检查报告单</h1>" in final
    assert "临时报告" not in final
    assert [name in final for name in ("Rosa", "Vera", "Oak", "Hills")] == [True] * 4
    assert "不能再打印" in tang.get(f"/t/print/{old.id}").text
    assert tang.post(f"/t/print/{old.id}", data=token(tang)).status_code == 403
    assert tang.get(f"/api/reports/{old.id}.pdf").status_code == 403


def test_the_receipt_carries_a_code_and_an_address_and_nothing_of_the_person_in_it(house: House) -> None:
    case = house.case(STUDY)
    tang = house.signed_in("tang")

    receipt = tang.post(f"/t/case/{case.id}/receipt", data=token(tang))

    assert re.search(r'class="code">\d{4} \d{4}<', receipt.text)
    assert f">{house.origin}/p<" in receipt.text
    assert "您又是在服务器本机上打开的" in receipt.text
    assert "<svg" in receipt.text
    assert receipt.headers["referrer-policy"] == "same-origin"
    with snapshot(house.engine) as tx:
        (latest, *_) = audit.events_about(tx, "case", case.id)
    assert latest.action == "receipt.print"


def test_the_receipt_of_somebody_without_a_card_says_what_opens_the_door_instead(house: House) -> None:
    case, tang = house.case(STUDY), house.signed_in("tang")
    with_card = tang.post(f"/t/case/{case.id}/receipt", data=token(tang)).text
    with transaction(house.engine) as tx:
        for held in patient_identifiers.of_patient(tx, KEYS, house.patient.id, house.now):
            if held.kind is IdentifierKind.IDENTITY_CARD:
                patient_identifiers.end(tx, held.id, house.now)

    receipt = tang.post(f"/t/case/{case.id}/receipt", data=token(tang)).text
    code = re.search(r'class="code">(\d{4} \d{4})<', receipt)
    number = re.search(r'class="code number">(\w{10})<', receipt)
    assert code
    assert number
    typed = {"card_type": "patient_number", "card": number[1], "code": code[1]}
    inside = house.client().post("/p", data=typed, follow_redirects=True)

    assert house.patient.number not in with_card
    assert number[1] == house.patient.number
    assert inside.status_code == 200
    assert inside.url.path == "/p/reports"


def test_no_receipt_leads_to_a_host_that_the_request_makes_up(house: House) -> None:
    case = house.case(STUDY)
    tang = house.signed_in("tang")
    made_up = {"Host": "evil.example", "Origin": "http://evil.example"}
    receipt = tang.post(f"/t/case/{case.id}/receipt", data=token(tang), headers=made_up)

    assert receipt.status_code == 200
    assert "evil.example" not in receipt.text
    assert f">{house.origin}/p<" in receipt.text


def test_images_of_another_name_are_linked_only_after_a_word(house: House) -> None:
    tang = house.signed_in("tang")
    case = house.case(STUDY, patient_id="", patient_name="Paul^Pan")
    form = {"card_type": "identity_card", "name": "王璡", "card": "11010519491231002X"}

    asked = house.submit(tang, f"/t/case/{case.id}/link", **form)
    done = house.submit(tang, f"/t/case/{case.id}/link", **{**form, "same_person": "yes"})

    assert (asked.status_code, "Paul Pan" in asked.text) == (422, True)
    assert done.headers["location"] == f"/t/case/{case.id}?done=linked"


def test_whose_card_is_shown_is_linked_and_the_correction_goes_into_the_journal(house: House) -> None:
    clinic, tang = house.clinic, house.signed_in("tang")
    case = house.case(STUDY, patient_id="", patient_name="")
    assert "未关联患者" in tang.get("/t").text
    form = {"card_type": "identity_card", "name": "王璡"}

    wrong = house.submit(tang, f"/t/case/{case.id}/link", **{**form, "card": "110105194912310021"})
    other = house.submit(tang, f"/t/case/{case.id}/link", **{**form, "card": PIA_CARD})
    right = house.submit(tang, f"/t/case/{case.id}/link", **{**form, "card": "11010519491231002x"})

    assert (wrong.status_code, "校验位不对" in wrong.text) == (422, True)
    assert (other.status_code, "证件与姓名不符" in other.text) == (422, True)
    assert right.headers["location"] == f"/t/case/{case.id}?done=linked"
    page = tang.get(right.headers["location"]).text
    assert "王璡" in page
    assert "未关联患者" not in tang.get("/t").text
    with snapshot(house.engine) as tx:
        card = Identifier(kind=IdentifierKind.IDENTITY_CARD, value="11010519491231002X")
        found = find(tx, KEYS, card, house.now)
        (entry,) = entries_of(tx, clinic.ada, [cases.by_id(tx, case.id)], house.now)
        assert found is not None
        assert [event.action for event in audit.events_about(tx, "patient", found.id)] == ["patient.register"]
    assert entry.case.patient_id == found.id
    assert (entry.patient.name, entry.patient.birth_date, entry.patient.sex) == ("WANG^JIN=王^璡", "19491231", "F")
    ((kind, payload),) = house.noted()
    assert (kind, payload["study_uid"], payload["patient_id"]) == ("attribution", STUDY, found.id)


def test_an_examination_is_registered_for_whoever_shows_a_card(house: House) -> None:
    clinic, tang = house.clinic, house.signed_in("tang")
    form = {
        **token(tang),
        "site": "hills",
        "card_type": "identity_card",
        "card": PIA_CARD,
        "name": "Pia",
        "modality": "DX",
        "body_part": "HAND",
        "laterality": "L",
        "priority": "emergency",
        "reason": "摔伤",
    }

    placed = tang.post("/t/order", data=form)
    wrong = tang.post("/t/order", data={**form, "birth_date": "soon"})

    page = tang.get(placed.headers["location"]).text
    with snapshot(house.engine) as tx:
        order = orders.by_id(tx, placed.headers["location"].removeprefix("/t/order?made="))
    assert order is not None
    assert page.count(order.accession_number) == 2  # it was registered, and waits for its images
    assert order.accession_number not in placed.headers["location"]
    assert order.accession_number not in house.signed_in("quinn").get(placed.headers["location"]).text
    assert "DR 手 左" in page
    assert (wrong.status_code, "出生日期不对" in wrong.text, 'value="Pia"' in wrong.text) == (422, True, True)
    assert (order.site_id, order.patient_id) == (clinic.region.hills.id, house.patient.id)
    assert (order.priority, order.procedures[0].body_part, order.procedures[0].laterality) == ("emergency", "HAND", "L")


def test_the_page_of_a_case_names_what_is_missing_who_said_so_and_how_it_ended(house: House) -> None:
    clinic, tang = house.clinic, house.signed_in("tang")
    with transaction(house.engine) as tx:
        names = [Named(series_uid=f"{STUDY}.1", sop_instance_uid=f"{STUDY}.1.{number}") for number in (1, 2, 3, 4)]
        announcements.announce_named(tx, STUDY, "mpps", names, house.now)
        for number in (1, 2, 3):
            study = send(
                tx,
                clinic,
                STUDY,
                house.now,
                sop_instance_uid=f"{STUDY}.1.{number}",
                series_number=2,
                instance_number=number,
                received_digest=bytes([number]) * 32,
            )
        case = intake.take_in(Context(tx, clinic.audit, house.now, SYSTEM), KEYS, study)
    arriving = tang.get(f"/t/case/{case.id}").text
    with transaction(house.engine) as tx:
        arrival_end.end_arriving(tx, house.now + timedelta(minutes=1), 60)
    tang.cookies.set("tierread_language", "en")
    ended = tang.get(f"/t/case/{case.id}").text
    told = tang.get(f"/api/cases/{case.id}/completeness").json()

    assert "最迟 16:30" in arriving
    assert "设备报告检查完成" in arriving
    assert "3 of 4 images arrived; series 2 image 4 is missing" in ended
    assert "Nothing came for a while; images arrived: 3; missing then: series 2 image 4" in ended
    assert f"{STUDY}.1.4" not in arriving + ended
    assert told["missing"] == [
        {"study": 1, "series": 2, "series_by_place": False, "first": 4, "last": 4, "by_place": False, "held": False}
    ]
    assert "1 missing" in tang.get("/t/list").text


def test_images_after_the_report_are_said_on_every_page_until_a_reader_has_answered(house: House) -> None:
    clinic, tang, ada = house.clinic, house.signed_in("tang"), house.signed_in("ada")
    case = house.case(STUDY)
    with transaction(house.engine) as tx:
        version = read(tx, clinic, clinic.ada, case.id, house.now)
        late = send(
            tx,
            clinic,
            STUDY,
            house.now,
            patient_id="P1",
            sop_instance_uid=f"{STUDY}.1.2",
            received_digest=b"2" * 32,
        )
        intake.take_in(Context(tx, clinic.audit, house.now, SYSTEM), KEYS, late)
    patient = house.patient_client(case.id)
    during = (tang.get("/t").text, tang.get(f"/t/case/{case.id}").text, patient.get(f"/p/reports/{version.id}").text)
    listed = ada.get("/api/cases", params={"tab": "late"}).json()
    taken = ada.post(f"/api/cases/{case.id}/follow-up/claim").json()
    body = {
        "revision": taken["follow_up"]["revision"],
        "image_set": taken["image_set"],
        "shown_series": taken["to_see"],
        "comment": "同一体位",
    }
    answered = ada.post(f"/api/cases/{case.id}/follow-up/no-change", json=body)

    assert "报告发布后又有 1 幅图像到达" in during[0]
    assert "报告发布后又有 1 幅图像到达" in during[1]
    assert "医生正在查看" in during[2]
    assert [item["id"] for item in listed["items"]] == [case.id]
    assert (taken["late"], taken["follow_up"]["holder"]["mine"]) == (1, True)
    assert "no-change" in taken["allowed"]
    assert answered.status_code == 200, answered.text
    assert answered.json()["follow_up"] is None
    assert "报告发布后又有" not in tang.get("/t").text
    assert "医生正在查看" not in patient.get(f"/p/reports/{version.id}").text


def _printings(tx: Connection, version_id: str) -> Sequence[sa.Row[Any]]:
    return tx.execute(sa.select(printing).where(printing.c.version_id == version_id)).all()
