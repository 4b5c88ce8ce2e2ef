"""A referral from the form to its end, as both institutions see it in their browsers."""

from __future__ import annotations

from storage.database import transaction
from tests.reading.clinic import PNEUMONIA, read
from tests.viewer.house import House


def test_a_patient_is_referred_accepted_and_comes(house: House) -> None:
    case = house.case("1.2.840.1")
    with transaction(house.engine) as tx:
        read(tx, house.clinic, house.clinic.ada, case.id, house.now, PNEUMONIA)
    ada, quinn = house.signed_in("ada"), house.signed_in("quinn")
    ours, theirs = ({"csrf_token": one.headers["X-CSRF-Token"]} for one in (ada, quinn))
    form = {"to": "elm", "urgency": "urgent", "reason": "胸痛 <b>", "contact": "Tang 010-1234"}
    blank = ada.post(f"/referrals/new/{case.id}", data={**ours, **form, "contact": ""})
    sent = ada.post(f"/referrals/new/{case.id}", data={**ours, **form})
    address = sent.headers["Location"].split("?")[0]
    listed = quinn.get("/referrals").text
    shown = quinn.get(address).text
    place = {"revision": "1", "place_kind": "bed", "place": "呼吸科 12 床"}
    wrong = quinn.post(f"{address}/accept", data={**theirs, **place, "expected_at": "soon"})
    accepted = quinn.post(f"{address}/accept", data={**theirs, **place, "expected_at": "2026-03-02T18:00"})
    slip = ada.get(f"{address}/slip").text
    arrived = quinn.post(f"{address}/arrive", data={**theirs, "revision": "2"})
    closed = quinn.post(f"{address}/close", data={**theirs, "revision": "3", "why": "好转"})
    ended = [quinn.get(one).status_code for one in (address, f"{address}/slip", f"/api/cases/{case.id}")]
    followed = ada.get(address).text
    counted = house.signed_in("mona").get("/referrals").text

    assert (blank.status_code, "请填写联系人和电话" in blank.text, "胸痛 &lt;b&gt;" in blank.text) == (422, True, True)
    assert sent.status_code == 303, sent.text
    assert ("等待本机构处理" in listed, "刚刚送出（目标 20 分钟内答复）" in listed) == (True, True)
    assert ("右下肺炎" in shown, "胸痛 &lt;b&gt;" in shown, "撤回转诊" in shown) == (True, True, False)
    assert (wrong.status_code, "时间无效" in wrong.text, "呼吸科 12 床" in wrong.text) == (422, True, True)
    assert [one.status_code for one in (accepted, arrived, closed)] == [303] * 3
    assert ("双向转诊单" in slip, "床位 · 呼吸科 12 床 · 2026-03-02 18:00" in slip) == (True, True)
    assert ended == [404] * 3
    assert ("好转" in followed, "已结束" in followed) == (True, True)
    assert "近 90 天统计" in counted
