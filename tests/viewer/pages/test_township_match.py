"""A study that came without an order is matched to one by a person, and parted from it again."""

from __future__ import annotations

import re
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import audit
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.desk.entries import entries_of
from reading.intake.putting_right import Reason
from reading.kinds import Priority, Sex
from reading.orders import matching, orders, progress
from reading.orders.order_state import OrderState
from reading.orders.orders import Asked, Order
from reading.patients import attribution, patients
from reading.tables import audit_event, imaging_order, procedure
from storage.database import snapshot, transaction
from storage.index import queries
from tests.reading.clinic import NORMAL, read
from tests.reading.region import KEYS, PIA_CARD
from tests.viewer.house import House

STUDY = "1.2.840.1"


def place(house: House, tx: Connection, name: str, **known: object) -> Order:
    person = patients.register(tx, KEYS, name=name, birth_date=None, sex=Sex.FEMALE, identifiers=[], now=house.now)
    chest: dict[str, object] = {
        "site_id": house.clinic.region.hills.id,
        "patient_id": person.id,
        "modality": "DX",
        "priority": Priority.EMERGENCY,
        "procedures": [Asked(body_part="CHEST")],
        "reason": "",
        "ordered_by": None,
        "now": house.now,
    }
    return orders.place(tx, **(chest | known))  # type: ignore[arg-type]


def unscheduled(house: House, **known: object) -> Case:
    return house.case(STUDY, **{"patient_id": "", "patient_name": "WANG^XIAOLI", "sex": "F", **known})


def test_proposals_say_what_fits_and_what_differs_and_the_likeliest_comes_first(house: House) -> None:
    case = unscheduled(house)
    region = house.clinic.region
    with transaction(house.engine) as tx:
        right = place(house, tx, "王小丽")
        place(house, tx, "李娜", scheduled_at=house.now - timedelta(days=2))
        place(house, tx, "王小丽二", site_id=region.lake.id)
        place(house, tx, "王小丽三", scheduled_at=house.now - timedelta(days=9))
        place(house, tx, "张超", modality="US")
        gone = place(house, tx, "赵敏")
        progress.cancel(tx, gone.id, revision=1)

    page = house.signed_in("tang").get(f"/t/case/{case.id}/order").text

    assert re.findall(r"<strong>(王小丽\S*|李娜|张超|赵敏)</strong>", page) == ["王小丽", "李娜"]
    assert "一致：姓名、性别、设备类型、部位、日期" in page
    assert "不同：姓名、日期" in page
    assert right.id in page


def test_where_hundreds_were_ordered_since_the_one_of_the_day_is_proposed_all_the_same(house: House) -> None:
    case = unscheduled(house)
    with transaction(house.engine) as tx:
        right = place(house, tx, "王小丽")
        # Six hundred of the days that follow, written at once
        row = dict(tx.execute(sa.select(imaging_order).where(imaging_order.c.id == right.id)).mappings().one())
        part = dict(tx.execute(sa.select(procedure).where(procedure.c.order_id == right.id)).mappings().one())
        for table, one, own in ((imaging_order, row, "accession_number"), (procedure, part, "study_uid")):
            tx.execute(
                sa.insert(table),
                [
                    one
                    | {"id": f"{n:026}", own: f"9.{n}"}
                    | ({"scheduled_at": house.now + timedelta(days=1)} if table is imaging_order else {})
                    | ({} if table is imaging_order else {"order_id": f"{n:026}"})
                    for n in range(600)
                ],
            )
        found = matching.proposals(tx, case)

    assert found[0].order.id == right.id


def test_a_match_links_the_patient_moves_the_order_and_is_taken_back(house: House) -> None:
    case, tang = unscheduled(house), house.signed_in("tang")
    with transaction(house.engine) as tx:
        order = place(house, tx, "王小丽")
    assert "没有对应的申请单" in tang.get(f"/t/case/{case.id}").text

    matched = house.submit(tang, f"/t/case/{case.id}/order", order=order.id)

    assert matched.headers["location"] == f"/t/case/{case.id}?done=matched"
    assert order.accession_number in tang.get(matched.headers["location"]).text
    with snapshot(house.engine) as tx:
        now_there, made = cases.by_id(tx, case.id), attribution.current(tx, STUDY)
        shown, arrived = queries.study_of(tx, STUDY), orders.by_id(tx, order.id)
        assert made is not None
        assert shown is not None
        assert arrived is not None
        assert (now_there.patient_id, made.order_id) == (order.patient_id, order.id)
        assert now_there.priority is Priority.EMERGENCY
        assert (shown.accession_number, arrived.state) == (order.accession_number, OrderState.ARRIVED)
    assert house.noted()[-1][1]["order_id"] == order.id

    parted = house.submit(tang, f"/t/case/{case.id}/order/part")

    assert parted.headers["location"] == f"/t/case/{case.id}?done=unmatched"
    with snapshot(house.engine) as tx:
        now_there, made = cases.by_id(tx, case.id), attribution.current(tx, STUDY)
        shown, waiting = queries.study_of(tx, STUDY), orders.by_id(tx, order.id)
        assert made is not None
        assert shown is not None
        assert waiting is not None
        assert (now_there.patient_id, made.patient_id, made.order_id) == (None, None, None)
        assert (shown.accession_number, waiting.state) == ("", OrderState.PLACED)
        assert matching.order_of(tx, case.id) is None
        events = [event.action for event in audit.events_about(tx, "study", STUDY)]
    assert events.count("study.correct") == 2
    assert order.id in tang.get(f"/t/case/{case.id}/order").text  # and may be chosen again
    record = tang.get(f"/t/case/{case.id}").text.partition("操作记录")[2]
    assert [words in record for words in ("收到图像", "匹配、关联或更正", "Tang")] == [True] * 3
    assert f'href="/t/case/{case.id}/order" aria-label="撤销或更改' in record


def test_what_the_clinic_wrote_stands_on_the_desk_the_page_and_the_sheet(house: House) -> None:
    case, tang = unscheduled(house), house.signed_in("tang")
    with transaction(house.engine) as tx:
        order = place(house, tx, "王小丽", reason="咳嗽两周，<b>吸烟</b>。\n排除肺炎？")
    house.submit(tang, f"/t/case/{case.id}/order", order=order.id)

    asked = "咳嗽两周，&lt;b&gt;吸烟&lt;/b&gt;。\n排除肺炎？"
    with transaction(house.engine) as tx:
        report = read(tx, house.clinic, house.clinic.ada, case.id, house.now)
    desk = house.signed_in("ada").get(f"/api/cases/{case.id}").json()["request"]
    words = "咳嗽两周，<b>吸烟</b>。\n排除肺炎？"
    assert desk == {"told": "words", "words": words, "asked_by": "", "department": ""}
    assert tang.get(f"/t/case/{case.id}").text.count(asked) == 1
    assert asked in tang.get(f"/t/print/{report.id}").text


def test_another_persons_order_needs_a_word(house: House) -> None:
    case, tang = unscheduled(house), house.signed_in("tang")
    with transaction(house.engine) as tx:
        order = place(house, tx, "李娜")

    asked = house.submit(tang, f"/t/case/{case.id}/order", order=order.id)
    done = house.submit(tang, f"/t/case/{case.id}/order", order=order.id, same_person="yes")

    assert (asked.status_code, "WANG XIAOLI" in asked.text, "same_person" in asked.text) == (422, True, True)
    assert done.status_code == 303
    with snapshot(house.engine) as tx:
        made = attribution.current(tx, STUDY)
    assert made is not None
    assert made.reason == Reason.MATCHED_NAMES_DIFFER
    assert "图像姓名与申请单不同，现场核对为同一人后匹配" in tang.get(f"/t/case/{case.id}/correct").text
    tang.get("/language", params={"to": "en", "next": "/t"})
    assert "Matched though the names differ" in tang.get(f"/t/case/{case.id}/correct").text


def test_the_more_of_a_person_differs_the_more_has_to_be_said_and_it_is_marked_as_long_as_it_does(house: House) -> None:
    """A knee of Wang Wu's, a man, and the order of Qian Qi, a woman, for a chest."""
    case = unscheduled(house, patient_name="王五", sex="M", birth_date="19900101", body_part="KNEE", laterality="R")
    tang, ada, why = house.signed_in("tang"), house.signed_in("ada"), "设备上选错了患者，本人在场，已核对身份证"
    page = f"/t/case/{case.id}/order"
    with transaction(house.engine) as tx:
        order = place(house, tx, "钱七", procedures=[Asked(body_part="CHEST", laterality="L")])

    for typed in ({}, {"same_person": "yes"}, {"same_person": "yes", "why": " 是。"}):
        refused = house.submit(tang, page, order=order.id, **typed)
        assert refused.status_code == 422
        assert "请写明依据" in refused.text
    unsure = house.submit(tang, page, order=order.id, why=why)
    with snapshot(house.engine) as tx:
        assert matching.order_of(tx, case.id) is None
    done = house.submit(tang, page, order=order.id, same_person="yes", why=why)
    at_the_desk = ada.get(f"/api/cases/{case.id}").json()
    listed = next(one for one in ada.get("/api/cases").json()["items"] if one["id"] == case.id)
    content = {"findings": "骨质完整。", "impression": "未见异常。", "positive": False}
    checked = ada.post(f"/api/cases/{case.id}/checks", json={"content": content})
    own, rows = tang.get(f"/t/case/{case.id}").text, tang.get("/t").text

    assert (unsure.status_code, why in unsure.text) == (422, True)
    assert done.status_code == 303
    assert at_the_desk["patient"]["differing"] == listed["patient"]["differing"] == ["name", "sex"]
    assert [(one["word"], one["who"], one["words"]) for one in at_the_desk["correspondence"]] == [
        ("thread.identity_confirm", "Tang", why)
    ]
    assert ("person_of_images_differs", "warns", "name sex") in {
        (one["check"], one["severity"], one["words"]) for one in checked.json()
    }
    assert why in own.partition("操作记录")[2]
    assert "图像与登记不是同一人：姓名、性别不符" in own
    assert "申请单是左，图像是右" in own
    assert "不是登记的患者：姓名、性别" in rows
    shown = {"name": "钱七", "sex": "F", "birth_date": "", "body_part": "KNEE", "laterality": "R"}
    house.submit(tang, f"/t/case/{case.id}/correct", **shown, why=why)
    assert ada.get(f"/api/cases/{case.id}").json()["patient"]["differing"] == []


def test_a_match_that_intake_made_can_be_taken_back_too(house: House) -> None:
    with transaction(house.engine) as tx:
        order = place(house, tx, "王小丽")
    case, tang = unscheduled(house, accession_number=order.accession_number), house.signed_in("tang")
    with snapshot(house.engine) as tx:
        assert cases.by_id(tx, case.id).patient_id == order.patient_id

    house.submit(tang, f"/t/case/{case.id}/order/part")

    with snapshot(house.engine) as tx:
        waiting = orders.by_id(tx, order.id)
        assert cases.by_id(tx, case.id).patient_id is None
    assert waiting is not None
    assert waiting.state is OrderState.PLACED


def test_nothing_is_parted_under_a_report_that_stands(house: House) -> None:
    case, tang = unscheduled(house), house.signed_in("tang")
    with transaction(house.engine) as tx:
        order = place(house, tx, "王小丽")
    house.submit(tang, f"/t/case/{case.id}/order", order=order.id)
    with transaction(house.engine) as tx:
        read(tx, house.clinic, house.clinic.rosa, case.id, house.now, NORMAL)

    refused = house.submit(tang, f"/t/case/{case.id}/order/part")

    assert refused.status_code == 403
    with snapshot(house.engine) as tx:
        (entry,) = entries_of(tx, house.clinic.ada, [cases.by_id(tx, case.id)], house.now)
    assert entry.case.patient_id == order.patient_id


def test_only_what_was_proposed_is_matched(house: House) -> None:
    case, tang = unscheduled(house), house.signed_in("tang")
    with transaction(house.engine) as tx:
        far = place(house, tx, "王小丽", site_id=house.clinic.region.lake.id)

    answers = [house.submit(tang, f"/t/case/{case.id}/order", order=order) for order in (far.id, "", "nothing")]

    assert [answer.status_code for answer in answers] == [422] * 3
    assert house.submit(tang, f"/t/case/{case.id}/order/part").status_code == 404
    assert "没有合适的申请单" in tang.get(f"/t/case/{case.id}/order").text


def test_an_order_is_found_by_a_name_or_a_number_and_undoing_asks_first(house: House) -> None:
    case, tang = unscheduled(house), house.signed_in("tang")
    with transaction(house.engine) as tx:
        # Nothing of it fits, and it lies further away than what is proposed
        meant = place(house, tx, "赵敏", modality="US", scheduled_at=house.now - timedelta(days=20))
        elsewhere = place(house, tx, "赵敏", site_id=house.clinic.region.lake.id)
        gone = place(house, tx, "赵敏")
        progress.cancel(tx, gone.id, revision=1)
    page = f"/t/case/{case.id}/order"

    proposed = tang.get(page).text
    found = [house.seek(tang, page, q=typed).text for typed in ("赵", "zhaomin", meant.accession_number)]
    none = house.seek(tang, page, q="钱").text
    refused = house.submit(tang, page, order=meant.id, q="赵")
    matched = house.submit(tang, page, order=meant.id, q="赵", same_person="yes")
    undo = tang.get(page).text

    assert meant.id not in proposed
    assert [meant.id in each for each in found] == [True] * 3
    assert [one in found[0] for one in (elsewhere.id, gone.id)] == [False] * 2
    assert "没有找到缺图像的申请单" in none
    assert (refused.status_code, meant.id in refused.text) == (422, True)  # the search is still there
    assert matched.status_code == 303
    assert '<input type="checkbox" required> 确定解除与「赵敏」申请单的匹配' in undo


def test_an_order_is_registered_with_what_the_images_say_and_offered_for_them(house: House) -> None:
    case, tang = unscheduled(house, modality="CR", body_part="RIB", laterality="L"), house.signed_in("tang")
    start = f"/t/order?case={case.id}"
    house.case("1.2.840.2")  # so that the site knows Pia
    token = {"csrf_token": tang.headers["X-CSRF-Token"], "case": case.id}

    link = tang.get(f"/t/case/{case.id}/order").text
    card = tang.get(start).text
    form = tang.get(f"{start}&by=none").text
    known = tang.post("/t/order/card", data={**token, "card_type": "identity_card", "card": PIA_CARD})
    person = {"card_type": "none", "name": "王小丽", "sex": "F", "reason": "摔伤"}
    asked = {"site": "hills", "modality": "CR", "body_part": "RIB", "laterality": "L", "priority": "routine"}
    made = tang.post("/t/order", data={**token, **person, **asked})
    back = tang.get(made.headers["location"]).text

    assert start in link
    assert f'name="case" value="{case.id}"' in card
    assert "<strong>WANG XIAOLI</strong> · 女 · CR 肋骨 左" in card
    assert 'name="name" value="WANG XIAOLI"' in form
    assert re.findall(r'name="(\w+)" value="(\w*)"[^>]*? checked', re.sub(r"\s+", " ", form)) == [
        ("modality", "CR"),
        ("body_part", "RIB"),
        ("laterality", "L"),
        ("priority", "routine"),
    ]
    assert '<option value="F" selected>' in form
    assert known.headers["location"] == f"/t/order?patient={house.patient.id}&case={case.id}"
    assert made.headers["location"].startswith(f"/t/case/{case.id}/order?order=")
    assert re.search(r'name="order" value="\w+" required checked', back)


def test_a_case_that_they_do_not_see_fills_no_form(house: House) -> None:
    case = unscheduled(house)

    assert house.signed_in("quinn").get(f"/t/order?case={case.id}&by=none").status_code == 404


def test_whoever_only_reads_for_a_site_is_shown_none_of_its_orders_and_a_search_is_on_record(
    house: House,
) -> None:
    case = unscheduled(house)
    with transaction(house.engine) as tx:
        placed = place(house, tx, "赵敏")
    page = f"/t/case/{case.id}/order"
    ada, tang = house.signed_in("ada"), house.signed_in("tang")

    refused = [ada.get(page), house.seek(ada, page, q="赵"), ada.get(page, params={"order": placed.id})]
    shown = tang.get(page)

    assert [(one.status_code, "赵敏" in one.text) for one in refused] == [(403, False)] * 3
    assert page not in ada.get(f"/t/case/{case.id}").text
    assert "赵敏" in shown.text
    with snapshot(house.engine) as tx:
        looked = tx.scalars(
            sa.select(audit_event.c.action).where(audit_event.c.actor_id == house.clinic.tang.person_id)
        )
        assert Action.ORDER_LIST in looked.all()
