"""/t/order/{id}/protocol and /questions: asked at the counter, answered by whoever reads, read at the counter again."""

from __future__ import annotations

from html import unescape

import httpx

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
    assert WORDS not in said
    again = ada.post(there, data=_typed(ada, decision="refuse", words="x", revision="1"))
    assert again.status_code == 409

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
