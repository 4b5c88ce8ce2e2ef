"""The worklist and the desk over HTTP: claim, draft, sign, verify, review, withhold, and revisions that went stale."""

from __future__ import annotations

import json
from typing import Any

import httpx

from reading import audit
from reading.cases.moves import State
from storage.database import snapshot
from tests.reading.clinic import NORMAL, PNEUMONIA, state
from tests.reading.reports.measured import mark, mark_json, measured
from tests.viewer.house import House

STUDY = "1.2.840.1"
SERIES = f"{STUDY}.1"


def claim(client: httpx.Client, case_id: str) -> dict[str, Any]:
    answer = client.post(f"/api/cases/{case_id}/claim")
    assert answer.status_code == 200, answer.text
    return answer.json()


def seen(case: dict[str, Any], **more: object) -> dict[str, object]:
    """What the desk sends with a signature: everything shown."""
    shown = {"lease_revision": case["lease"]["revision"], "image_set": case["image_set"], "shown_series": {SERIES: 1}}
    return {**shown, **more}


def sign(client: httpx.Client, case: dict[str, Any], **more: object) -> httpx.Response:
    body = seen(case, **{"content": PNEUMONIA.to_json(), "draft_revision": 0, **more})
    return client.post(f"/api/cases/{case['id']}/sign", json=body)


def test_the_worklist_shows_a_case_as_the_desk_expects_it(house: House) -> None:
    case = house.case(
        STUDY,
        patient_name="Wang^Xiaoli=王^小丽",
        birth_date="19830412",
        sex="F",
        laterality="L",
        accession_number="A1",
        modality="CT",
    )

    page = house.signed_in("ada").post("/api/cases/search", json={"state": "waiting_read", "q": "王小丽"}).json()

    assert (page["total"], page["page"], page["size"]) == (1, 1, 50)
    (item,) = page["items"]
    assert item["id"] == case.id
    assert item["patient"] == {
        "name": "王小丽",
        "sex": "F",
        "birth_date": "1983-04-12",
        "age": "42 岁",
        "name_in_images": "",
        "differing": [],
    }
    assert item["site"] == {"code": "hills", "name": "Hills"}
    assert item["images"] == {"arrived": 1, "expected": 1, "late": 0, "held": 0, "complete": True}
    assert (item["modality"], item["body_part"], item["laterality"]) == ("CT", "CHEST", "L")
    assert item["rule"] == {"name": "ct", "version": 1, "needs_verifier": True, "review": "before_release"}
    assert (item["holder"], item["critical"], item["overdue"]) == (None, None, False)


def test_dates_that_cannot_be_are_shown_as_they_came_and_marked(house: House) -> None:
    house.case(STUDY, study_date="00010101", birth_date="18180302")

    (item,) = house.signed_in("ada").get("/api/cases").json()["items"]
    page = house.signed_in("tang").get("/t").text

    assert item["patient"]["age"] == "出生日期“18180302”存疑"
    assert item["examined_at"] == item["received_at"]
    assert item["examined_doubt"] == "(收到时间；设备所写日期“00010101”存疑)"
    for said in (item["patient"]["age"], item["examined_doubt"]):
        assert said in page


def test_what_a_sheet_cannot_print_is_said_before_it_is_signed(house: House) -> None:
    content = {**NORMAL.to_json(), "findings": "CO₂ 王𪛖", "impression": "𪛖א"}
    house.case(STUDY)

    said = house.signed_in("ada").post("/api/reports/unprintable", json={"content": content}).json()

    assert said["unprintable"] == [
        {"character": "𪛖", "printed": "〔U+2A6D6〕"},
        {"character": "א", "printed": "〔U+05D0〕"},
    ]


def test_what_was_measured_comes_with_the_case_and_what_cannot_be_is_refused_with_its_place(house: House) -> None:
    house.case(STUDY)
    ada = house.signed_in("ada")
    case = ada.post("/api/cases/claim", json={}).json()
    here, lease = f"/api/cases/{case['id']}", case["lease"]["revision"]
    draft = {"content": measured(mark(study_uid=STUDY)).to_json(), "revision": 0, "lease_revision": lease}
    two = {**NORMAL.to_json(), "marks": [mark_json(study_uid=STUDY), mark_json(number=2, points=[[1, 2]])]}
    elsewhere = measured(mark(study_uid="1.2.840.2")).to_json()

    saved = ada.put(f"{here}/draft", json=draft)
    refused = ada.put(f"{here}/draft", json=draft | {"content": two, "revision": 1})
    unsigned = sign(ada, case, content=elsewhere, draft_revision=1)
    signed = sign(ada, case, content=draft["content"], draft_revision=1)

    assert saved.status_code == 200
    assert refused.status_code == unsigned.status_code == 422
    said = [refused.json()[name] for name in ("field", "path", "problem")]
    assert said == ["marks", "1.points", "number_of_points"]
    assert (unsigned.json()["path"], unsigned.json()["problem"]) == ("0.study_uid", "not_of_case")
    assert signed.json()["versions"][0]["content"]["marks"] == [mark_json(study_uid=STUDY)]


def test_the_worklist_is_narrowed_and_paged(house: House) -> None:
    for number in range(3):
        house.case(f"1.2.840.{number}", patient_id=f"P{number}", modality="CT" if number else "DX")
    ada = house.signed_in("ada")

    assert ada.get("/api/cases", params={"modality": "CT"}).json()["total"] == 2
    assert ada.get("/api/cases", params={"site": "lake"}).json()["total"] == 0
    assert ada.get("/api/cases", params={"tab": "mine"}).json()["total"] == 0
    ada.post("/api/cases/claim", json={})
    assert ada.get("/api/cases", params={"tab": "mine"}).json()["total"] == 1
    second = ada.get("/api/cases", params={"page": 2, "size": 2}).json()
    assert (len(second["items"]), second["total"]) == (1, 3)
    assert ada.get("/api/cases", params={"size": 100000}).status_code == 422


def test_the_next_case_is_claimed_and_there_is_not_always_one(house: House) -> None:
    ada = house.signed_in("ada")
    assert ada.post("/api/cases/claim", json={}).status_code == 204
    case = house.case(STUDY)

    assert house.signed_in("rosa").post("/api/cases/claim", json={"step": "verify"}).status_code == 204
    claimed = ada.post("/api/cases/claim").json()

    assert (claimed["id"], claimed["state"], claimed["holder"]["mine"]) == (case.id, "reading", True)
    assert claimed["lease"]["step"] == "read"
    assert {"sign", "save", "put-back", "return"} <= set(claimed["allowed"])


def test_two_people_never_hold_one_case(house: House) -> None:
    case = house.case(STUDY)
    claim(house.signed_in("ada"), case.id)

    rosa = house.signed_in("rosa")
    second = rosa.post(f"/api/cases/{case.id}/claim")

    assert (second.status_code, second.json()["type"]) == (409, "/problems/move-not-allowed")
    shown = rosa.get(f"/api/cases/{case.id}").json()
    assert (shown["holder"]["name"], shown["holder"]["mine"]) == ("Ada", False)
    assert (shown["lease"], shown["draft"]) == (None, None)


def test_a_draft_is_saved_under_its_revision_and_is_there_again(house: House) -> None:
    case = house.case(STUDY)
    ada = house.signed_in("ada")
    held = claim(ada, case.id)
    body = {"content": NORMAL.to_json(), "revision": 0, "lease_revision": held["lease"]["revision"]}

    saved = ada.put(f"/api/cases/{case.id}/draft", json=body)
    again = ada.put(f"/api/cases/{case.id}/draft", json=body)

    assert saved.json()["revision"] == 1
    assert (again.status_code, again.json()["expected"]) == (409, 1)
    assert ada.get(f"/api/cases/{case.id}").json()["draft"]["content"] == NORMAL.to_json()


def test_a_case_goes_from_reader_to_verifier_to_its_release(house: House) -> None:
    case = house.case(STUDY)
    rosa, vera = house.signed_in("rosa"), house.signed_in("vera")

    signed = sign(rosa, claim(rosa, case.id)).json()
    verified = vera.post(f"/api/cases/{case.id}/verify", json=seen(claim(vera, case.id))).json()

    assert (signed["state"], signed["versions"][-1]["status"]) == ("waiting_verify", "preliminary")
    assert verified["versions"][-1]["status"] == "final"
    roles = [(each["role"], each["name"], each["organisation"]) for each in verified["versions"][-1]["signatures"]]
    assert roles == [("author", "Rosa", "Oak"), ("verifier", "Vera", "Oak")]
    moves = [each["move"] for each in rosa.get(f"/api/cases/{case.id}/moves").json()]
    assert moves[:5] == ["arrive", "claim", "sign", "claim", "verify_as_final"]


def test_the_city_amends_before_release(house: House) -> None:
    case = house.case(STUDY, modality="CT")
    ada, ben = house.signed_in("ada"), house.signed_in("ben")
    sign(ada, claim(ada, case.id))
    assert ben.get("/api/cases", params={"tab": "before_release"}).json()["total"] == 1
    held = claim(ben, case.id)
    amended = {**PNEUMONIA.to_json(), "impression": "右下肺炎，建议复查"}

    answer = ben.post(
        f"/api/cases/{case.id}/review",
        json=seen(held, outcome="amend", score="2a", comment="复查时间", report=amended),
    ).json()

    assert answer["state"] == "final"
    assert answer["versions"][-1]["content"]["impression"] == "右下肺炎，建议复查"
    (line,) = answer["reviews"]
    assert (line["reviewer"], line["outcome"], line["score"]) == ("Ben", "amend", "2a")


def test_nothing_is_signed_that_was_not_shown_or_has_changed(house: House) -> None:
    case = house.case(STUDY)
    ada = house.signed_in("ada")
    held = claim(ada, case.id)

    unseen = sign(ada, held, shown_series={})
    changed = sign(ada, held, image_set="0" * 64)
    lost = sign(ada, held, lease_revision=99)
    odd = ada.post(
        f"/api/cases/{case.id}/sign",
        json=seen(held, content={**NORMAL.to_json(), "colour": "red"}, draft_revision=0),
    )

    assert (unseen.status_code, unseen.json()["rule"]) == (403, "series_not_shown")
    assert (changed.status_code, lost.status_code) == (409, 409)
    assert (odd.status_code, odd.json()["field"]) == (422, "colour")
    with snapshot(house.engine) as tx:
        assert state(tx, case.id) is State.READING


def test_what_cannot_be_shown_is_signed_with_a_reason_and_everybody_after_reads_it(house: House) -> None:
    case = house.case(STUDY, modality="CT", series_description="录像")
    ada, ben = house.signed_in("ada"), house.signed_in("ben")
    held = claim(ada, case.id)
    failed = {SERIES: {"fault": "unsupported"}}
    why = "录像在设备上看过"

    plain = sign(ada, held, shown_series={}, cannot_show=failed)
    strange = sign(ada, held, shown_series={}, cannot_show=failed | {"1.9": {"fault": "damaged"}}, not_shown_reason=why)
    odd = sign(ada, held, shown_series={}, cannot_show={SERIES: {"fault": "boring"}}, not_shown_reason=why)
    signed = sign(ada, held, shown_series={}, cannot_show=failed, not_shown_reason=why)
    read = ben.get(f"/api/cases/{case.id}").json()["versions"][-1]
    township = house.signed_in("tang").get(f"/t/case/{case.id}").text

    assert (plain.status_code, plain.json()["field"], plain.json()["problem"]) == (422, "not_shown_reason", "required")
    assert (strange.status_code, strange.json()["problem"]) == (422, "unknown_series")
    assert odd.status_code == 422
    assert (held["to_see"], held["documents"], held["may_leave_series"]) == ({SERIES: 1}, [], False)
    assert signed.status_code == 200, signed.text
    (signature,) = read["signatures"]
    assert signature["not_shown"]["reason"] == why
    (series,) = signature["not_shown"]["series"]
    assert (series["series_uid"], series["description"], series["fault"]) == (SERIES, "录像", "unsupported")
    assert "未评估" in township
    assert "录像：此类图像（如视频）在这里无法显示" in township
    assert why in township


def test_a_critical_flag_is_told_at_once_and_can_be_taken_back(house: House) -> None:
    case = house.case(STUDY)
    ada, tang = house.signed_in("ada"), house.signed_in("tang")

    raised = ada.post(f"/api/cases/{case.id}/critical", json={"critical_class": "stroke", "finding": "左侧"})

    assert raised.status_code == 201
    assert tang.get(f"/api/cases/{case.id}").json()["critical"]["class"] == "stroke"
    answer = {"read_back": "急性脑卒中，左侧", "spoken_with": "Ada", "means": "telephone"}
    assert tang.post(f"/api/alerts/{raised.json()['id']}/acknowledge", json=answer).status_code == 200
    done = tang.post(f"/api/alerts/{raised.json()['id']}/dispose", json={"disposal": "transferred"})
    assert done.json()["disposed_by"] == "Tang"
    shown = ada.get(f"/api/cases/{case.id}").json()["critical"]
    assert shown["acknowledged_by"] == "Tang"
    withdrawn = ada.post(f"/api/cases/{case.id}/critical/withdraw", json={"alert": shown["id"], "why": "误选"})
    assert withdrawn.status_code == 204
    assert ada.get(f"/api/cases/{case.id}").json()["critical"] is None


def test_a_withheld_case_is_gone_for_its_readers_and_noted_in_the_journal(house: House) -> None:
    case = house.case(STUDY)
    ada = house.signed_in("ada")

    withheld = ada.post(f"/api/cases/{case.id}/withhold", json={"why": "wrong person"})

    assert withheld.json() == {"id": case.id, "state": "withheld"}
    assert ada.get(f"/api/cases/{case.id}").status_code == 404
    assert [(kind, payload["study_uid"]) for kind, payload in house.noted()] == [("hide", STUDY)]


def test_a_lease_is_renewed_put_back_and_returned_under_its_revision(house: House) -> None:
    case = house.case(STUDY)
    ada = house.signed_in("ada")
    held = claim(ada, case.id)
    here = f"/api/cases/{case.id}"

    renewed = ada.post(f"{here}/renew", json={"revision": held["lease"]["revision"]}).json()
    stale = ada.post(f"{here}/put-back", json={"revision": held["lease"]["revision"]})
    back = ada.post(f"{here}/put-back", json={"revision": renewed["revision"]}).json()
    held = claim(ada, case.id)
    returned = ada.post(f"{here}/return", json={"revision": held["lease"]["revision"], "why": "模糊"}).json()

    assert renewed["revision"] == held["lease"]["revision"] + 1 or renewed["revision"] > 1
    assert stale.status_code == 409
    assert (back["state"], returned["state"]) == ("waiting_read", "returned")


def test_a_wrong_name_is_put_right_everywhere_it_is_shown(house: House) -> None:
    case = house.case(STUDY, patient_name="Wrong")
    tang = house.signed_in("tang")

    made = tang.post(
        "/api/attributions",
        json={"study_uid": STUDY, "attributes": {"PatientName": "王小丽"}, "reason": "登记时写错", "revision": 0},
    )
    ada = house.signed_in("ada").post(
        "/api/attributions",
        json={"study_uid": STUDY, "attributes": {"PatientName": "X"}, "reason": "no", "revision": 1},
    )
    unknown = tang.post(
        "/api/attributions", json={"study_uid": STUDY, "attributes": {"Rows": "1"}, "reason": "no", "revision": 1}
    )

    assert (made.status_code, made.json()["revision"]) == (201, 1)
    assert tang.get(f"/api/cases/{case.id}").json()["patient"]["name"] == "王小丽"
    assert "Wrong" not in tang.get("/t").text
    assert (ada.status_code, unknown.status_code) == (403, 422)
    assert [kind for kind, _ in house.noted()] == ["attribution"]


def test_looking_through_the_worklist_is_on_record_once(house: House) -> None:
    ada = house.signed_in("ada")
    for _ in range(3):
        ada.get("/api/cases")

    with snapshot(house.engine) as tx:
        events = audit.events_about(tx, "list", "")

    assert [(event.action, event.actor.id) for event in events] == [("worklist.open", house.clinic.ada.person_id)]


def test_text_that_no_database_takes_is_refused_in_words(house: House) -> None:
    case = house.case(STUDY)
    ada = house.signed_in("ada")
    held = claim(ada, case.id)
    half = {**PNEUMONIA.to_json(), "findings": "half a pair: \ud83d"}

    search = ada.post("/api/cases/search", json={"q": "\0"})
    draft = ada.put(
        f"/api/cases/{case.id}/draft",
        content=json.dumps({"content": half, "revision": 0, "lease_revision": held["lease"]["revision"]}),
        headers={"Content-Type": "application/json"},
    )

    assert [answer.status_code for answer in (search, draft)] == [422, 422]
    assert [answer.json()["problem"] for answer in (search, draft)] == ["characters", "characters"]


def test_a_list_that_the_page_has_comes_without_a_body_and_its_pulse_says_when_it_changed(house: House) -> None:
    house.case(STUDY)
    ada = house.signed_in("ada")
    asked = {"state": "waiting_read", "sort": "patient", "descending": "true", "counts": ["read", "mine"]}

    first = ada.get("/api/cases", params=asked)
    again = ada.get("/api/cases", params=asked, headers={"If-None-Match": first.headers["etag"]})
    pulses = [ada.get("/api/cases/pulse").json()["pulse"] for _ in range(2)]
    claim(ada, first.json()["items"][0]["id"])
    after = ada.get("/api/cases", params=asked, headers={"If-None-Match": first.headers["etag"]})

    assert first.json()["counts"] == {"read": {"n": 1, "more": False}, "mine": {"n": 0, "more": False}}
    assert (again.status_code, again.content) == (304, b"")
    assert pulses[0] == pulses[1]
    assert after.json()["counts"]["mine"]["n"] == 1
    assert ada.get("/api/cases", params={"sort": "name"}).status_code == 422
