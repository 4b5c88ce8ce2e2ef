"""/t/order/{id}/protocol and /questions: asked at the counter, answered by whoever reads, read at the counter again."""

from __future__ import annotations

from html import unescape

import httpx
import sqlalchemy as sa

from reading import tables
from reading.kinds import Priority
from reading.orders import orders
from reading.orders.orders import Asked
from storage.database import transaction
from tests.viewer.house import House

WORDS = "孕 12 周，可否改做超声？"
PROTOCOL = "铅衣遮挡，只摄正位"


def _order(house: House) -> str:
    with transaction(house.engine) as tx:
        return orders.place(
            tx,
            site_id=house.clinic.region.hills.id,
            patient_id=house.patient.id,
            modality="DX",
            priority=Priority.URGENT,
            procedures=[Asked(body_part="CHEST")],
            reason="咳嗽两周",
            ordered_by=None,
            now=house.now,
        ).id


def _main(answer: httpx.Response, status: int = 200) -> str:
    assert answer.status_code == status
    return unescape(answer.text).split("<main", 1)[1]


def _typed(client: httpx.Client, **said: str) -> dict[str, str]:
    return {"csrf_token": client.headers["X-CSRF-Token"]} | said


def test_it_goes_from_the_counter_to_whoever_reads_and_back(house: House) -> None:
    order = _order(house)
    here = f"/t/order/{order}/protocol"
    tang, ada = house.signed_in("tang"), house.signed_in("ada")

    assert here in _main(tang.get("/t/order"))
    assert "请填写" in _main(tang.post(here, data=_typed(tang, words=" ")), 422)
    asked = _main(tang.post(here, data=_typed(tang, words=WORDS), follow_redirects=True))
    assert WORDS in asked
    twice = _main(tang.post(here, data=_typed(tang, words="另一个问题")), 422)
    assert "另一个问题</textarea>" in twice
    assert 'name="words"' not in asked
    assert "待答复" in _main(tang.get("/t/order"))

    waits = _main(ada.get("/questions"))
    for said in (WORDS, "咳嗽两周", "加急"):
        assert said in waits
    answer = waits.split('action="/questions/protocols/', 1)[1][:26]
    there = f"/questions/protocols/{answer}"
    empty = _main(ada.post(there, data=_typed(ada, decision="accept", words=" ", revision="1")), 422)
    assert "请写明检查方案" in empty
    said = _main(
        ada.post(there, data=_typed(ada, decision="accept", words=PROTOCOL, revision="1"), follow_redirects=True)
    )
    assert f'action="{there}"' not in said
    again = ada.post(there, data=_typed(ada, decision="refuse", words="x", revision="1"))
    assert again.status_code == 409
    for shown in ("您的答复没有提交", "Ada", PROTOCOL, "readonly>x</textarea>"):
        assert shown in again.text
    assert "申请单位还没有看" in said
    corrected = ada.post(f"{there}/correct", data=_typed(ada, decision="refuse", words="改做超声", revision="2"))
    assert corrected.headers["location"] == "/questions?done=corrected"
    assert "您的答复没有提交" in _main(
        ada.post(f"{there}/correct", data=_typed(ada, decision="accept", words=PROTOCOL, revision="2")), 409
    )
    assert "答复刚被更正" in _main(tang.post(f"/t/protocols/{answer}/read", data=_typed(tang), follow_redirects=True))
    listed = _main(ada.get("/questions"))
    answer = listed.split("/correct", 1)[0][-26:]
    ada.post(
        f"/questions/protocols/{answer}/correct", data=_typed(ada, decision="accept", words=PROTOCOL, revision="1")
    )
    answer = _main(ada.get("/questions")).split("/correct", 1)[0][-26:]

    told = _main(tang.get(here))
    assert PROTOCOL in told
    assert "同意，附检查方案" in _main(tang.get("/t/order"))
    assert PROTOCOL in _main(tang.get(f"/t/order/{order}/slip"))
    noted = _main(tang.post(f"/t/protocols/{answer}/read", data=_typed(tang), follow_redirects=True))
    assert "已标为已阅" in noted
    assert f"/t/protocols/{answer}/read" not in noted


def test_whoever_does_not_work_or_read_there_has_no_part_in_it(house: House) -> None:
    order = _order(house)
    tang = house.signed_in("tang")
    tang.post(f"/t/order/{order}/protocol", data=_typed(tang, words=WORDS))

    for name, status in (("ada", 403), ("quinn", 404)):
        assert house.signed_in(name).get(f"/t/order/{order}/protocol").status_code == status
    assert WORDS not in _main(house.signed_in("quinn").get("/questions"))
    assert WORDS not in _main(tang.get("/questions"))


def test_whoever_answers_opens_the_earlier_examinations_from_there(house: House) -> None:
    case = house.case("1.1", patient_name="Pia", sex="F", birth_date="19900307", patient_id="P1")
    other = house.case("1.2", patient_name="Dog^Rex", sex="M", birth_date="20140101", patient_id="P9")
    order = _order(house)
    tang, ada = house.signed_in("tang"), house.signed_in("ada")
    made = tang.post(f"/api/orders/{order}/protocols", json={"words": WORDS}).json()
    waits = _main(ada.get("/questions"))
    listed = ada.get("/api/protocols").json()["items"]

    assert f'href="/#/case/{case.id}"' in waits
    assert other.id not in waits
    assert [(one["id"], [each["case_id"] for each in one["priors"]]) for one in listed] == [(made["id"], [case.id])]


def test_programs_ask_answer_and_withdraw_as_the_pages_do(house: House) -> None:
    order = _order(house)
    of_order = f"/api/orders/{order}/protocols"
    tang, ada = house.signed_in("tang"), house.signed_in("ada")
    first = tang.post(of_order, json={"words": WORDS})
    twice = tang.post(of_order, json={"words": WORDS})
    taken_back = tang.post(f"/api/protocols/{first.json()['id']}/withdraw", json={"revision": 1})
    again = tang.post(of_order, json={"words": WORDS}).json()
    accept = f"/api/protocols/{again['id']}/accept"
    own = tang.post(accept, json={"protocol": PROTOCOL, "revision": 1})
    stale = ada.post(accept, json={"protocol": PROTOCOL, "revision": 7})
    told = ada.post(accept, json={"protocol": PROTOCOL, "revision": 1})
    late = ada.post(f"/api/protocols/{again['id']}/refuse", json={"reason": "x", "revision": 2})
    noted = tang.post(f"/api/protocols/{again['id']}/read").json()
    both = [client.get(of_order).json()["items"] for client in (tang, ada)]

    assert (first.status_code, twice.status_code, taken_back.json()["state"]) == (201, 422, "withdrawn")
    assert (own.status_code, stale.status_code, late.status_code) == (403, 409, 409)
    assert (told.json()["state"], told.json()["answer"], told.json()["answered_by"]) == ("accepted", PROTOCOL, "Ada")
    assert noted["read_at"] is not None
    assert both[0] == both[1]
    assert [one["state"] for one in both[0]] == ["withdrawn", "accepted"]


def test_an_advice_against_stands_on_the_slip_and_its_order_is_cancelled_beside_it(house: House) -> None:
    order = _order(house)
    here, slip = f"/t/order/{order}/protocol", f"/t/order/{order}/slip"
    tang, ada = house.signed_in("tang"), house.signed_in("ada")
    for reason in ("孕 12 周，改做超声", "仍不建议"):
        asked = tang.post(f"/api/orders/{order}/protocols", json={"words": WORDS}).json()
        refused = {"reason": reason, "revision": 1}
        assert ada.post(f"/api/protocols/{asked['id']}/refuse", json=refused).status_code == 200
        assert reason in _main(tang.get(slip))
    tang.post(f"/api/orders/{order}/protocols", json={"words": WORDS})
    shown, printed = _main(tang.get(here)), _main(tang.get(slip))
    assert "不建议做此检查 · 待答复" in _main(tang.get("/t/order"))
    gone = _main(tang.post(f"/t/order/{order}/cancel", data=_typed(tang, revision="1"), follow_redirects=True))
    after, cancelled = _main(tang.get(here)), _main(tang.get(slip))

    for page in (shown, printed):
        assert '不建议做此检查：<span class="prose">仍不建议' in page
        assert "已再次咨询，尚未答复" in page
    assert f'action="/t/order/{order}/cancel"' in shown
    assert "<svg" in printed
    assert "已取消 Pia 的 DR 胸部" in gone
    assert "检查已做或已取消，未答复" in after
    assert "/withdraw" not in after
    assert f'action="/t/order/{order}/cancel"' not in after
    assert "已取消，请勿检查" in cancelled
    assert "<svg" not in cancelled


def test_a_correction_under_a_newer_answer_is_refused_and_its_words_stay(house: House) -> None:
    order = _order(house)
    tang, ada, ben = (house.signed_in(name) for name in ("tang", "ada", "ben"))
    first = ""
    for reader, protocol in ((ada, "借用铅毯"), (ben, PROTOCOL)):
        asked = tang.post(f"/api/orders/{order}/protocols", json={"words": WORDS}).json()
        told = reader.post(f"/api/protocols/{asked['id']}/accept", json={"protocol": protocol, "revision": 1})
        first = first or asked["id"]
        assert told.status_code == 200
    listed = _main(ada.get("/questions"))
    refused = _main(
        ada.post(
            f"/questions/protocols/{first}/correct", data=_typed(ada, decision="refuse", words="改做超声", revision="2")
        ),
        403,
    )

    assert "已有更新的答复，以最新答复为准" in listed
    assert f"/questions/protocols/{first}/correct" not in listed
    for shown in ("此检查已有更新的答复", "您的答复没有提交", "Ben", PROTOCOL, "readonly>改做超声</textarea>"):
        assert shown in refused


def test_a_look_at_the_list_by_whoever_answers_nothing_is_on_record_as_refused(house: House) -> None:
    assert house.signed_in("tang").get("/api/protocols").status_code == 403
    with transaction(house.engine) as tx:
        event = tables.audit_event.c
        found = tx.execute(sa.select(event.outcome).where(event.action == "protocol.list")).scalars().all()
    assert found == ["refused"]
