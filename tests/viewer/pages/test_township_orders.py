"""The orders' page: when and where it is to be made, what became of it, and that it can be cancelled."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx

from reading import audit
from reading.cases import examination_codes
from reading.kinds import Priority
from reading.orders import orders, performed_messages, progress
from reading.orders.order_state import Move, OrderState
from reading.orders.orders import Asked, Order
from reading.orders.performed import State
from reading.orders.performed_messages import Message, Reference
from reading.register import devices
from storage.database import snapshot, transaction
from tests.reading.clinic import arrive
from tests.reading.region import PIA_CARD
from tests.viewer.house import House

STRANGER = "11010519491231002X"
FORM = {
    "card_type": "identity_card",
    "card": PIA_CARD,
    "name": "Pia",
    "site": "hills",
    "modality": "DX",
    "body_part": "CHEST",
    "priority": "routine",
    "reason": "咳嗽三天",
}


def device(house: House, title: str, *, site: str = "hills") -> str:
    with transaction(house.engine) as tx:
        where = house.clinic.region.hills if site == "hills" else house.clinic.region.lake
        return devices.add(
            tx, ae_title=title, network="10.0.0.1", port=None, site_id=where.id, issuer="HILLS", now=house.now
        ).id


def register(house: House, tang: httpx.Client, **typed: str) -> httpx.Response:
    return tang.post("/t/order", data={"csrf_token": tang.headers["X-CSRF-Token"], **FORM, **typed})


def placed(house: House, answer: httpx.Response) -> Order:
    with snapshot(house.engine) as tx:
        found = orders.by_id(tx, answer.headers["location"].removeprefix("/t/order?made="))
    assert found is not None
    return found


def test_an_order_has_its_time_on_the_clock_of_the_site_and_its_station(house: House) -> None:
    tang = house.signed_in("tang")
    station = device(house, "DR1")
    assert 'name="station"' not in tang.get("/t/order?by=card").text  # with one device there is nothing to choose
    device(house, "DR2")
    device(house, "DR9", site="lake")

    made = placed(house, register(house, tang, scheduled_at="2026-03-03T09:30", station="DR1"))
    page = tang.get("/t/order").text

    assert (made.scheduled_at.isoformat(), made.device_id) == ("2026-03-03T01:30:00+00:00", station)
    assert re.search(r"03-03 09:30\s+<span[^>]*>DR1</span>", page)
    assert "等待检查" in page
    assert "DR9" not in page


def test_the_card_comes_first_and_whom_the_site_knows_is_there_at_once(house: House) -> None:
    tang = house.signed_in("tang")
    house.case("1.2.840.1", body_part="KNEE", laterality="L")
    token = {"csrf_token": tang.headers["X-CSRF-Token"], "card_type": "identity_card"}

    first = tang.get("/t/order").text
    known = tang.post("/t/order/card", data={**token, "card": PIA_CARD}, follow_redirects=False)
    page = tang.get(known.headers["location"]).text
    stranger = tang.post("/t/order/card", data={**token, "card": STRANGER})
    mistyped = tang.post("/t/order/card", data={**token, "card": STRANGER[:-1] + "0"})

    assert "Pia" not in first
    assert 'name="body_part"' not in first
    assert known.headers["location"] == f"/t/order?patient={house.patient.id}"
    assert [words in page for words in ("Pia", "以往检查", "DR 膝关节", 'name="body_part"')] == [True] * 4
    assert stranger.status_code == 200
    assert f'value="{STRANGER}"' in stranger.text
    assert 'value="1949-12-31"' in stranger.text
    assert (mistyped.status_code, "校验位不对" in mistyped.text) == (422, True)


def test_a_card_by_which_a_child_alone_is_known_is_not_taken_for_the_childs(house: House) -> None:
    # Given a child of the site that is known by the card of its mother, who was never here herself
    tang = house.signed_in("tang")
    token = {"csrf_token": tang.headers["X-CSRF-Token"], "card_type": "identity_card", "card": STRANGER}
    guarded = {"card_of": "guardian", "guardian": "Mother", "birth_date": "2024-05-01", "sex": "M"}
    child = placed(house, register(house, tang, card=STRANGER, name="Kid", **guarded)).patient_id

    # When the card is shown, then it is asked for whom; and as its owner the mother is registered as somebody else
    asked = tang.post("/t/order/card", data=token, follow_redirects=False)
    form = tang.post("/t/order/card", data={**token, "own": "yes"}, follow_redirects=False)
    mother = placed(house, register(house, tang, card=STRANGER, name="Mother", body_part="ABDOMEN")).patient_id
    both = tang.post("/t/order/card", data=token, follow_redirects=False).text

    assert asked.status_code == 200
    assert [words in asked.text for words in (f"?patient={child}", "由监护人出示", "本人（未登记）")] == [True] * 3
    assert (form.status_code, 'name="patient"' in form.text) == (200, False)
    assert [words in form.text for words in (f'value="{STRANGER}"', 'value="1949-12-31"')] == [True] * 2
    assert mother != child
    assert [words in both for words in (child, mother, "本人（未登记）")] == [True, True, False]


def test_side_history_and_a_second_order_of_the_day_are_asked_for_and_the_slip_has_the_number(house: House) -> None:
    tang = house.signed_in("tang")
    unsided = register(house, tang, body_part="KNEE")
    without = register(house, tang, reason=" ")
    made = placed(house, register(house, tang, body_part="KNEE", laterality="L"))
    other_side = register(house, tang, body_part="KNEE", laterality="R")
    twice = register(house, tang, body_part="KNEE", laterality="L")
    tomorrow = register(house, tang, body_part="KNEE", laterality="L", scheduled_at="2026-03-03T09:30")
    meant = register(house, tang, body_part="KNEE", laterality="L", again="yes")
    told = tang.get(meant.headers["location"]).text
    slip = tang.get(f"/t/order/{made.id}/slip").text
    heading = re.search("<h1>(.*?)</h1>", slip)

    assert "这个部位分左右" in unsided.text
    assert "请填写病情和检查目的" in without.text
    assert 'name="again"' in twice.text
    assert [each.status_code for each in (unsided, without, twice)] == [422] * 3
    assert [each.status_code for each in (other_side, tomorrow, meant)] == [303] * 3
    assert f"/t/order/{placed(house, meant).id}/slip" in told
    assert heading is not None
    assert heading[1] == "检查单"
    assert [words in slip for words in ("Pia", "DR 膝关节 左", made.accession_number, 'class="barcode"')] == [True] * 4


def test_what_is_wrong_with_time_or_station_is_said_beside_what_was_typed(house: House) -> None:
    tang = house.signed_in("tang")
    device(house, "DR9", site="lake")

    told = [
        (register(house, tang, **typed), words)
        for typed, words in (
            ({"scheduled_at": "soon"}, "检查时间不对"),
            ({"scheduled_at": "2020-01-01T08:00"}, "检查时间最早到昨天"),
            ({"station": "DR9"}, "不属于这家机构"),
        )
    ]

    assert [(answer.status_code, words in answer.text) for answer, words in told] == [(422, True)] * 3
    assert PIA_CARD in told[0][0].text


def test_an_order_is_cancelled_once_and_on_record(house: House) -> None:
    tang = house.signed_in("tang")
    made = placed(house, register(house, tang))
    form = {"csrf_token": tang.headers["X-CSRF-Token"], "revision": "1"}

    done = tang.post(f"/t/order/{made.id}/cancel", data=form)
    again = tang.post(f"/t/order/{made.id}/cancel", data=form)

    assert (done.status_code, again.status_code) == (303, 409)
    page = tang.get("/t/order").text
    assert "已取消" in page
    assert f"/t/order/{made.id}/cancel" not in page
    with snapshot(house.engine) as tx:
        actions = [event.action for event in audit.events_about(tx, "order", made.id)]
    assert actions == ["order.cancel", "order.open", "order.place"]


def test_readers_of_the_site_cancel_nothing(house: House) -> None:
    made = placed(house, register(house, house.signed_in("tang")))

    refused = house.signed_in("ada").post(f"/api/orders/{made.id}/cancel", json={"revision": 1})

    assert refused.status_code == 403


def test_what_devices_say_is_seen_with_the_reason_of_breaking_off(house: House) -> None:
    tang = house.signed_in("tang")
    made = placed(house, register(house, tang))
    station, site_id = device(house, "DR1"), house.clinic.region.hills.id
    begun = Message(
        attributes={},
        state=State.IN_PROGRESS,
        references=[Reference(study_uid=made.procedures[0].study_uid, accession_number="", step_id="")],
    )
    with transaction(house.engine) as tx:
        performed_messages.create(tx, station, site_id, "1.2.77", begun, house.now)
    in_progress = tang.get("/t/order").text
    why = {"value": "110513", "scheme": "DCM", "meaning": "Patient died"}
    broken_off = Message(attributes={"a": 1}, state=State.DISCONTINUED, instances=[], reason=why)
    with transaction(house.engine) as tx:
        performed_messages.change(tx, station, site_id, "1.2.77", broken_off, house.now)
    discontinued = tang.get("/t/order").text

    assert "检查中<" in in_progress
    assert "检查中止" in discontinued
    assert "Patient died (110513)" in discontinued


def test_the_api_lists_and_cancels_what_the_page_does(house: House) -> None:
    tang = house.signed_in("tang")
    device(house, "DR1")
    later = (house.now + timedelta(hours=3)).isoformat()
    body = {
        "site": "hills",
        "patient": {"card_type": "identity_card", "card": PIA_CARD, "name": "Pia"},
        "modality": "DX",
        "procedures": [{"body_part": "CHEST"}, {"body_part": "HAND", "laterality": "L"}],
        "reason": "摔伤",
        "scheduled_at": later,
        "station": "DR1",
    }

    made = tang.post("/api/orders", json=body).json()
    naive = tang.post("/api/orders", json={**body, "scheduled_at": "2026-03-02T08:00:00"})
    listed = tang.get("/api/orders", params={"site": "hills"}).json()["orders"]
    cancelled = tang.post(f"/api/orders/{made['id']}/cancel", json={"revision": made["revision"]}).json()
    left = tang.get("/api/orders", params={"site": "hills", "state": ["placed", "in_progress"]}).json()["orders"]

    assert (made["scheduled_at"], made["station"], made["state"]) == (later, "DR1", "placed")
    assert naive.status_code == 422
    assert listed == [made]
    assert (cancelled["state"], [one["state"] for one in cancelled["procedures"]]) == ("cancelled", ["cancelled"] * 2)
    assert left == []


def test_an_order_with_one_part_made_can_be_cancelled_for_the_rest(house: House) -> None:
    with transaction(house.engine) as tx:
        made = orders.place(
            tx,
            site_id=house.clinic.region.hills.id,
            patient_id=house.patient.id,
            modality="DX",
            priority=Priority.URGENT,
            procedures=[Asked(body_part="CHEST"), Asked(body_part="HAND", laterality="L")],
            reason="",
            ordered_by=None,
            now=house.now,
        )
        progress.move(tx, made.id, [made.procedures[0].id], Move.ARRIVE)
    tang = house.signed_in("tang")
    assert "检查中<" in tang.get("/t/order").text

    answer = tang.post(f"/api/orders/{made.id}/cancel", json={"revision": 2}).json()

    assert answer["state"] == OrderState.ARRIVED
    assert "图像已到" in tang.get("/t/order").text


def test_what_the_site_makes_is_offered_first_and_every_part_can_be_chosen(house: House) -> None:
    tang = house.signed_in("tang")
    before = tang.get("/t/order?by=card").text
    house.case("1.2.840.1")
    house.case("1.2.840.2", modality="US")
    with transaction(house.engine) as tx:
        arrive(tx, house.clinic, "1.2.840.3", house.now - timedelta(days=91), modality="CT")
    page = tang.get("/t/order?by=card").text
    offered, _, others = page.partition("其他设备类型")
    unsided = [register(house, tang, body_part=part) for part in ("RIB", "CLAVICLE", "FINGER", "TOE", "PATELLA")]
    rare = register(house, tang, modality="CT", body_part="ORBIT")

    assert "其他设备类型" not in before
    assert re.findall(r'name="modality" value="(\w+)"', offered) == ["DX", "US"]
    assert re.findall(r'name="modality" value="(\w+)"', others) == ["CR", "CT", "MR", "MG", "RF", "XA"]
    assert 'value="DX" required checked' in page
    assert [words in page for words in ("肋骨", "锁骨", "手指", "足趾", "腹部（腹部平片、KUB）")] == [True] * 5
    assert set(re.findall(r'name="body_part" value="(\w+)"', page)) == set(examination_codes.BODY_PARTS)
    assert [(each.status_code, "这个部位分左右" in each.text) for each in unsided] == [(422, True)] * 5
    assert placed(house, rare).procedures[0].body_part == "ORBIT"


def test_the_sex_of_a_child_is_chosen_and_not_taken_from_the_guardians_card(house: House) -> None:
    tang = house.signed_in("tang")

    own = tang.get("/t/order?by=card").text
    child = tang.get("/t/order?by=guardian").text

    assert re.search(r'<option value=""[^>]*>按身份证</option>', own)
    assert re.search(r'<option value=""[^>]*>请选择</option>', child)
