"""A consultation from the question to the report that quotes it, as its people see it in their browsers."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx

from reading.reports.versions import ReportVersion
from storage.database import transaction
from tests.reading.clinic import NORMAL, PNEUMONIA, read, verify
from tests.viewer.house import House

STUDY = "1.2.840.1"


def answers(client: httpx.Client, *addresses: str) -> set[int]:
    return {client.get(address).status_code for address in addresses}


def test_colleagues_see_the_case_answer_and_see_it_no_longer(house: House) -> None:
    case = house.case(STUDY)
    with transaction(house.engine) as tx:
        version = read(tx, house.clinic, house.clinic.rosa, case.id, house.now, NORMAL)
    ada, quinn = house.signed_in("ada"), house.signed_in("quinn")
    addresses = (f"/api/cases/{case.id}", f"/api/cases/{case.id}/standing", f"/api/reports/{version.id}.pdf")
    before = answers(quinn, *addresses)
    form = ada.get(f"/consultations/new/{case.id}?at=elm").text
    person = re.search(r'name="people" value="(\w+)"', form)
    assert person is not None
    token = {"csrf_token": ada.headers["X-CSRF-Token"]}
    asked = {"question": "是否恶性？", "until": "2026-03-04", "people": person[1]}
    made = ada.post(f"/consultations/new/{case.id}", data={**token, **asked})
    assert made.status_code == 303, made.text
    thread = made.headers["Location"].split("?")[0]
    during = answers(quinn, *addresses, thread, f"/api{thread}", "/consultations")
    listed = quinn.get("/consultations").text
    theirs = {"csrf_token": quinn.headers["X-CSRF-Token"]}
    wrong = quinn.post(f"{thread}/say", data={**theirs, "words": "炎性", "numbers": "1/9"})
    said = quinn.post(f"{thread}/say", data={**theirs, "words": "考虑炎性", "numbers": "1/1"})
    shown = ada.get(thread).text
    conclusion = {**token, "conclusion": "会诊考虑炎性"}
    unread = ada.post(f"{thread}/conclude", data={**conclusion, "revision": "1"})
    seen = re.search(r'name="revision" value="(\d+)"', shown)
    assert seen is not None
    concluded = ada.post(f"{thread}/conclude", data={**conclusion, "revision": seen[1]})
    after = answers(quinn, *addresses, thread, f"/api{thread}")
    final = verified(house, case.id)
    printed = ada.get(f"/t/print/{final.id}").text
    desk = ada.get(f"/api/cases/{case.id}").json()

    assert unread.status_code == 409  # before the opinion was on their screen
    assert (before, during, after) == ({404}, {200}, {404})
    assert ("是否恶性？" in listed, "给出意见" in listed) == (True, True)
    assert (wrong.status_code, "有一幅关键图像不属于本次检查" in wrong.text, "炎性" in wrong.text) == (422, True, True)
    assert (said.status_code, concluded.status_code) == (303, 303)
    assert f"/instances/{STUDY}.1.1/frames/1/thumbnail" in shown
    assert "会诊考虑炎性" in printed
    assert "参加会诊：Ada 主治医师（Oak）、Quinn 主治医师（Elm）" in printed
    assert [one["state"] for one in desk["consultations"]] == ["concluded"]
    assert desk["versions"][-1]["consultations"][0]["conclusion"] == "会诊考虑炎性"


def verified(house: House, case_id: str) -> ReportVersion:
    with transaction(house.engine) as tx:
        return verify(tx, house.clinic, house.clinic.vera, case_id, house.now, PNEUMONIA)


def test_at_the_end_of_the_day_the_question_is_over(house: House) -> None:
    case = house.case(STUDY)
    ada, quinn = house.signed_in("ada"), house.signed_in("quinn")
    ends = house.now + timedelta(minutes=5)
    body = {"question": "?", "people": [house.clinic.quinn.person_id], "until": ends.isoformat()}
    made = ada.post(f"/api/cases/{case.id}/consultations", json=body).json()
    before = answers(quinn, f"/api/consultations/{made['id']}", f"/api/cases/{case.id}")
    house.now = ends
    after = answers(quinn, f"/api/consultations/{made['id']}", f"/api/cases/{case.id}")
    left = quinn.post(f"/api/consultations/{made['id']}/opinions", json={"words": "x"})
    nowhere = quinn.get("/api/consultations/01KZZZZZZZZZZZZZZZZZZZZZZM")

    assert (before, after) == ({200}, {404})
    assert left.json() == nowhere.json()
    assert ada.get(f"/api/consultations/{made['id']}").json()["shows_the_case"] is False
