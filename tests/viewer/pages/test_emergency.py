"""From "not there" to an emergency access on the page: typed, proved, seen, told to the patient, judged."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx

from reading.kinds import Role
from reading.sessions.attempts import NAMING
from storage.database import transaction
from tests.reading.region import hire
from tests.viewer.house import PASSWORD, House, give_password
from tests.viewer.pages.office import administrator_of
from tests.viewer.pages.test_patient import STUDY, final

WORDS = "昏迷送来, 需看既往影像"


def chens(house: House, *more: Role) -> httpx.Client:
    """A clinician of another county at a browser, in English, who signed in a while ago."""
    moor = house.clinic.region.moor
    with transaction(house.engine) as tx:
        chen = hire(tx, "chen", house.now, (Role.CLINICIAN, moor), *((role, moor) for role in more))
        give_password(tx, chen)
    client = house.signed_in("chen")
    client.cookies.set("tierread_language", "en")
    house.now += timedelta(minutes=1)
    return client


def ask(house: House, client: httpx.Client, **typed: str) -> httpx.Response:
    form = {"by": "number", "value": house.patient.number, "reason": "life", "words": WORDS, "password": PASSWORD}
    return client.post("/emergency", data={"csrf_token": client.headers["X-CSRF-Token"], **form, **typed})


def test_from_not_there_to_the_report_and_back_to_whom_it_concerns(house: House) -> None:
    case_id, version_id = final(house)
    chen = chens(house, Role.TECHNICIAN)
    refused = chen.get(f"/t/case/{case_id}")
    opened = ask(house, chen)
    mine = chen.get("/emergency").text
    shown = chen.get(f"/emergency/case/{case_id}")
    desk = chen.get(f"/api/cases/{case_id}")

    assert refused.status_code == 404
    assert 'href="/emergency"' in refused.text
    assert (opened.status_code, opened.headers["location"]) == (303, "/emergency?done=opened")
    assert f"/emergency/case/{case_id}" in mine
    assert "Pia" in mine
    assert "右下肺炎" in shown.text
    assert f"/dicomweb/studies/{STUDY}" in shown.text
    assert desk.json()["allowed"] == ["print"]
    assert chen.get(f"/t/case/{case_id}").status_code == 404
    assert house.signed_in("quinn").get(f"/emergency/case/{case_id}").status_code == 404

    looks = house.patient_client(case_id).get(f"/api/patient/reports/{version_id}").json()["looks"]
    (hers,) = [one for one in looks if one["who"] == "Chen · Moor"]
    assert hers["emergency"] is True
    assert hers["what"].startswith("紧急调阅：生命或健康处于危险、")
    assert [one["emergency"] for one in looks if one is not hers] == [False] * (len(looks) - 1)

    sid = administrator_of(house, "sid", house.clinic.region.city, Role.SECURITY_ADMINISTRATOR)
    page = sid.get("/office/security").text
    judging = re.search(r'action="(/office/security/emergencies/\w+/judge)"', page)
    assert judging is not None
    assert WORDS in page
    assert "Chen" in page
    assert "Pia" not in page
    assert house.patient.number not in page
    token = {"csrf_token": sid.headers["X-CSRF-Token"]}
    unsaid = sid.post(judging[1], data={**token, "verdict": "misuse", "comment": " "})
    judged = sid.post(judging[1], data={**token, "verdict": "misuse", "comment": "未见急诊记录"})
    assert (unsaid.status_code, judged.status_code) == (422, 303)
    assert "未见急诊记录" in sid.get("/office/security").text
    assert chen.get(f"/emergency/case/{case_id}").status_code == 404
    assert chen.get(f"/api/cases/{case_id}").status_code == 404


def test_a_refused_form_says_why_and_asks_for_a_proof_each_time(house: House) -> None:
    final(house)
    chen = chens(house)
    gap, unproved = ask(house, chen, words=""), ask(house, chen, password="wrong")
    unknown = ask(house, chen, value="0000000000")
    again = ask(house, chen, password="")  # the proof that came with the wrong number counts, as it opened nothing
    another = ask(house, chen, password="")
    off_duty = house.signed_in("tang")

    assert (gap.status_code, unproved.status_code, unknown.status_code) == (422, 401, 404)
    assert "Say in a few words why." in gap.text
    assert WORDS in unproved.text
    assert 'name="password"' in unproved.text
    assert "Nothing can be opened by this number." in unknown.text
    assert again.status_code == 303
    assert another.status_code == 401
    assert ask(house, off_duty).status_code == 403
    assert off_duty.get("/emergency").headers["location"] == "/t"


def test_programs_prove_first_see_close_and_wait_after_many_wrong_numbers(house: House) -> None:
    case_id, _ = final(house)
    chen = chens(house)
    body = {"by": "number", "value": house.patient.number, "reason": "critical", "words": WORDS}
    first = chen.post("/api/emergencies", json=body)
    proof = chen.post("/api/session/proof", json={"password": PASSWORD})
    made = chen.post("/api/emergencies", json=body)
    listed = chen.get("/api/emergencies").json()["items"]
    closed = chen.post(f"/api/emergencies/{made.json()['items'][0]['id']}/close")

    assert (first.status_code, first.json()["type"]) == (403, "/problems/prove-again")
    assert (proof.status_code, made.status_code, closed.status_code) == (200, 201, 204)
    assert [one["id"] for one in listed[0]["examinations"]] == [case_id]
    assert chen.get("/api/emergencies").json()["items"] == []
    assert chen.get(f"/api/cases/{case_id}").status_code == 404

    house.now += timedelta(minutes=1)
    chen.post("/api/session/proof", json={"password": PASSWORD})
    wrong = [chen.post("/api/emergencies", json={**body, "value": f"00000000{n:02}"}).status_code for n in range(14)]
    assert wrong == [404] * ((NAMING.free or 0) + 1) + [429]
