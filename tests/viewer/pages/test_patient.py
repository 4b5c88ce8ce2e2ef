"""The patient's phone: card and code, the one case of the receipt, final reports only, pictures, and who looked."""

from __future__ import annotations

import re
from datetime import timedelta

from reading import audit
from reading.access import visibility
from reading.actions import Action
from reading.context import Context
from reading.signing import withhold
from reading.viewers import PatientViewer
from storage.database import transaction
from storage.decisions import erasure
from tests.reading.clinic import NORMAL, PNEUMONIA, arrive, read, verify
from tests.reading.region import PIA_CARD
from tests.viewer.house import House, grey_picture
from viewer.words import words
from viewer.words.catalogue import Language

STUDY = "1.2.840.1"


def final(house: House) -> tuple[str, str]:
    """A final report of Pia's: (case, version)."""
    clinic = house.clinic
    case = house.case(STUDY, laterality="L")
    with transaction(house.engine) as tx:
        read(tx, clinic, clinic.rosa, case.id, house.now, NORMAL)
        version = verify(tx, clinic, clinic.vera, case.id, house.now, PNEUMONIA)
    return case.id, version.id


def test_card_and_code_open_the_report_as_often_as_the_patient_likes(house: House) -> None:
    case_id, version_id = final(house)
    code = house.code(case_id)
    form = {"card_type": "identity_card", "card": PIA_CARD.lower(), "code": f"{code[:4]} {code[4:]}"}
    pia = house.client()

    opened = pia.post("/p", data=form)
    again = house.client().post("/p", data=form)

    assert opened.headers["location"] == "/p/reports"
    assert "HttpOnly" in opened.headers["set-cookie"]
    page = pia.get("/p/reports").text
    assert f"/p/reports/{version_id}" in page
    assert "右下肺炎" in page
    assert again.headers["location"] == "/p/reports"


def test_a_wrong_card_and_a_wrong_code_are_answered_alike(house: House) -> None:
    case_id, _ = final(house)
    code = house.code(case_id)
    wrong_code = "00000000" if code != "00000000" else "11111111"
    tries = [
        {"card_type": "identity_card", "card": PIA_CARD, "code": wrong_code},
        {"card_type": "identity_card", "card": "11010519491231002X", "code": code},
        {"card_type": "health_card", "card": PIA_CARD, "code": code},
        {"card_type": "identity_card", "card": "nonsense", "code": "x"},
    ]

    answers = [house.client().post("/api/patient/session", json=each) for each in tries]

    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}


def test_a_preliminary_report_is_not_the_patients_yet(house: House) -> None:
    clinic = house.clinic
    case = house.case(STUDY)
    with transaction(house.engine) as tx:
        version = read(tx, clinic, clinic.rosa, case.id, house.now, PNEUMONIA)
    pia = house.patient_client(case.id)

    page = pia.get("/p/reports").text
    assert "报告还没有出来" in page
    assert "等待审核" in page
    assert "请保管好凭条，稍后再来查看：2026年4月1日 前可以多次使用" in page
    assert words.told_moment(Language.ZH, case.due_at, "Asia/Shanghai") in page
    for nothing in ("右下肺炎", "Rosa", "Ada", "Tang"):
        assert nothing not in page
    assert pia.get("/api/patient/reports").json() == []
    how_far = pia.get("/api/patient/examination").json()
    assert (how_far["state"], how_far["due_at"]) == ("waiting_verify", case.due_at.isoformat())
    assert pia.get(f"/p/reports/{version.id}").status_code == 404
    assert pia.get(f"/p/reports/{version.id}.pdf").status_code == 404


def test_the_report_is_a_page_a_pdf_and_json_with_its_pictures(house: House) -> None:
    case_id, version_id = final(house)
    pia = house.patient_client(case_id)

    page = pia.get(f"/p/reports/{version_id}").text
    pdf = pia.get(f"/p/reports/{version_id}.pdf")
    said = pia.get(f"/api/patient/reports/{version_id}").json()
    picture = pia.get(f"/p/reports/{version_id}/pictures/1")

    for said_there in ("右下肺炎", "DR 胸部", "Rosa", "Vera", "Oak", "Hills", "第 2 版"):
        assert said_there in page
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert "Pia" not in pdf.headers["content-disposition"]
    assert said["content"]["impression"] == "右下肺炎"
    assert said["pictures"] == 1
    assert (picture.headers["content-type"], picture.content) == ("image/png", grey_picture())
    assert house.rendered == [("PatientViewer", STUDY, 1)]
    for number in ("0", "2", "-1"):
        assert pia.get(f"/p/reports/{version_id}/pictures/{number}").status_code == 404


def test_a_report_whose_pictures_were_erased_says_so_and_stays(house: House) -> None:
    case_id, version_id = final(house)
    pia, tang = house.patient_client(case_id), house.signed_in("tang")
    with transaction(house.engine) as tx:
        erasure.erase(tx, STUDY, made_by="system", reason="older than 15 years", now=house.now)

    report = pia.get(f"/p/reports/{version_id}")
    picture = pia.get(f"/p/reports/{version_id}/pictures/1")
    case_page = tang.get(f"/t/case/{case_id}")
    images_page = tang.get(f"/t/case/{case_id}/images")
    desk = house.signed_in("ada").get(f"/api/cases/{case_id}")

    assert (report.status_code, "图像已于" in report.text, "右下肺炎" in report.text) == (200, True, True)
    assert picture.status_code == 404
    assert (case_page.status_code, "永久删除" in case_page.text, "缺" in case_page.text) == (200, True, False)
    assert images_page.status_code == 200
    assert desk.status_code == 200
    assert desk.json()["studies"][0]["erased_at"] is not None


def test_the_page_says_who_looked(house: House) -> None:
    case_id, version_id = final(house)
    house.signed_in("tang").get(f"/t/case/{case_id}")
    pia = house.patient_client(case_id)

    page = pia.get(f"/p/reports/{version_id}").text

    assert "Tang · Hills" in page
    assert "Vera · Oak" in page
    assert "Quinn" not in page


def quinns_receipt_for_pia(house: House) -> tuple[str, str, str]:
    """Quinn links an image of her own to Pia's card and prints the receipt: (Pia's report, Quinn's case, code)."""
    _, version_id = final(house)
    with transaction(house.engine) as tx:
        moor = house.clinic.region.moor
        own = arrive(tx, house.clinic, "1.2.840.9", house.now, site=moor, patient_id="Q9", patient_name="Pia")
    quinn = house.signed_in("quinn")
    form = {"csrf_token": quinn.headers["X-CSRF-Token"]}
    card = {"card_type": "identity_card", "card": PIA_CARD, "name": "Pia", "sex": "", "birth_date": ""}
    linked = house.submit(quinn, f"/t/case/{own.id}/link", **card)
    assert linked.headers["location"] == f"/t/case/{own.id}?done=linked", linked.text
    page = quinn.post(f"/t/case/{own.id}/receipt", data=form).text
    printed = re.search(r'class="code">(\d{4}) (\d{4})<', page)
    assert printed is not None
    return version_id, own.id, printed[1] + printed[2]


def test_quinn_who_makes_herself_the_patient_reads_nobody(house: House) -> None:
    theirs, own_case, code = quinns_receipt_for_pia(house)
    phone = house.client()
    card = {"card_type": "identity_card", "card": PIA_CARD, "code": code}
    phone.headers["X-CSRF-Token"] = phone.post("/api/patient/session", json=card).json()["csrf_token"]

    assert phone.get("/api/patient/reports").json() == []
    assert "报告还没有出来" in phone.get("/p/reports").text
    for end in ("", ".pdf", "/pictures/1"):
        assert phone.get(f"/p/reports/{theirs}{end}").status_code == 404
        assert phone.get(f"/api/patient/reports/{theirs}{end}").status_code == 404
    with transaction(house.engine) as tx:
        quinn = PatientViewer(patient_id=house.patient.id, case_id=own_case)
        assert visibility.scope(tx, quinn, house.now, Action.REPORT_READ).study_uids == frozenset()
        own = read(tx, house.clinic, house.clinic.quinn, own_case, house.now, NORMAL)

    assert [one["id"] for one in phone.get("/api/patient/reports").json()] == [own.id]
    page = phone.get(f"/p/reports/{own.id}").text
    assert "心肺未见明显异常" in page
    assert not [seen for seen in ("右下肺炎", "Tang", "Vera", "Hills") if seen in page]
    assert phone.get(f"/p/reports/{theirs}").status_code == 404


def test_a_withheld_report_disappears_at_once(house: House) -> None:
    case_id, version_id = final(house)
    pia = house.patient_client(case_id)
    assert pia.get(f"/p/reports/{version_id}").status_code == 200

    with transaction(house.engine) as tx:
        withhold.withhold(Context(tx, house.clinic.audit, house.now, house.clinic.ada), case_id, why="wrong person")

    assert version_id not in pia.get("/p/reports").text
    assert "目前没有可以查看的报告" in pia.get("/p/reports").text
    assert pia.get("/api/patient/examination").status_code == 404
    for end in ("", ".pdf", "/pictures/1", "/view/1", "/images.zip"):
        told = pia.get(f"/p/reports/{version_id}{end}")
        assert told.status_code == 404
        assert '<div class="brand">影像报告查询</div>' in told.text
        assert "医院可能已收回报告重新核对" in told.text
    for end in ("", ".pdf", "/pictures/1"):
        assert pia.get(f"/api/patient/reports/{version_id}{end}").status_code == 404


def test_who_read_a_report_in_the_list_alone_is_among_those_who_saw_it(house: House) -> None:
    case_id, version_id = final(house)
    house.patient_client(case_id).get("/p/reports")

    with transaction(house.engine) as tx:
        events = audit.events_about(tx, "report", version_id)
        saw = withhold.who_saw(Context(tx, house.clinic.audit, house.now, house.clinic.mona), case_id)

    assert [event.action for event in events if event.actor.id == house.patient.id] == ["report.listed"]
    assert house.patient.id in {look.actor.id for look in saw}


def test_a_session_ends_by_signing_out_or_by_itself(house: House) -> None:
    case_id, version_id = final(house)
    pia = house.patient_client(case_id)

    out = pia.post("/p/sign-out", data={"csrf_token": pia.headers["X-CSRF-Token"]})
    assert out.headers["location"] == "/p?ended=2"
    assert pia.get(f"/p/reports/{version_id}").headers["location"] == "/p?ended=1"

    pia = house.patient_client(case_id)
    house.now += timedelta(minutes=16)
    assert pia.get("/p/reports").headers["location"] == "/p?ended=1"
    assert "登录已过期" in pia.get("/p?ended=1").text
    assert pia.get("/api/patient/reports").status_code == 401


def test_guesses_close_the_card_for_a_while(house: House) -> None:
    case_id, _ = final(house)
    wrong = {"card_type": "identity_card", "card": PIA_CARD, "code": "x"}

    answers = [house.client().post("/p", data=wrong) for _ in range(8)]

    assert answers[-1].status_code == 429
    assert "秒后再试" in answers[-1].text
    assert PIA_CARD not in answers[-1].text
    right = house.client().post("/p", data={**wrong, "code": house.code(case_id)})
    assert right.status_code == 429


def test_an_unknown_kind_of_card_opens_nothing(house: House) -> None:
    answer = house.client().post("/p", data={"card_type": "device_id", "card": "P1", "code": "12345678"})

    assert answer.status_code == 422
