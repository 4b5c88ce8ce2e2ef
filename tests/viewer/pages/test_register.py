"""The register: who was registered wrongly is found, corrected and merged, and strangers see nobody."""

from __future__ import annotations

import re
from typing import Final

import httpx
import sqlalchemy as sa

from reading.tables import patient
from storage.database import snapshot
from tests.reading.region import PIA_CARD
from tests.viewer.house import House

CHILD: Final = {
    "site": "hills",
    "card_type": "identity_card",
    "card": PIA_CARD,
    "card_of": "guardian",
    "guardian": "Pia",
    "name": "小凯",
    "sex": "M",
    "birth_date": "2020-05-01",
}
NOBODY: Final = {"site": "hills", "card_type": "none", "sex": "F", "estimated_age": "40"}


def form(client: httpx.Client, **typed: str) -> dict[str, str]:
    return {"csrf_token": client.headers["X-CSRF-Token"], **typed}


def registered(client: httpx.Client, **typed: str) -> str:
    answer = client.post("/t/patients/new", data=form(client, **typed))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removesuffix("?done=registered")


def number_on(page: str) -> str:
    found = re.search(r"患者编号</dt><dd>(\w{10})", page)
    assert found is not None
    return found[1]


def test_who_is_found_is_corrected_and_the_history_names_who_and_why(house: House) -> None:
    tang = house.signed_in("tang")
    address = registered(tang, **{**CHILD, "name": "小开"})

    found = house.seek(tang, "/t/patients", card_type="identity_card", name="小开", birth_date="2020-05-01")
    correction = form(tang, revision="1", name="小凯", sex="M", birth_date="2020-05-01", telephone="138 0013 8000")
    unexplained = tang.post(f"{address}/correct", data=correction)
    done = tang.post(f"{address}/correct", data={**correction, "why": "录入错误"})
    older = tang.post(f"{address}/correct", data={**correction, "name": "小楷", "why": "x"})
    page = tang.get(done.headers["location"]).text

    assert address in found.text
    assert (unexplained.status_code, "请填写原因" in unexplained.text, "138 0013 8000" in unexplained.text) == (
        422,
        True,
        True,
    )
    assert older.status_code == 409
    for words in ("<h1>小凯</h1>", "录入错误", "小开 → 小凯", "Tang", "13800138000", "未核实", "有效至2038-05-01"):
        assert words in page
    assert PIA_CARD not in page


def test_strangers_and_readers_see_no_register(house: House) -> None:
    address = registered(house.signed_in("tang"), **CHILD)
    for name in ("quinn", "ada"):
        client = house.signed_in(name)
        assert client.get(address).status_code == 404
        assert client.post(f"{address}/correct", data=form(client, revision="1", name="x", why="x")).status_code == 404
        number = client.post("/api/patients/search", json={"name": "小凯", "birth_date": "2020-05-01"})
        assert (number.status_code, number.json()) == (200, {"patients": []})
    assert house.signed_in("ada").get("/t/patients").status_code == 404


def test_the_nameless_are_ordered_for_and_merged_when_they_are_known_and_parted_again(house: House) -> None:
    tang, mona = house.signed_in("tang"), house.signed_in("mona")
    address = registered(tang, **NOBODY)
    page = tang.get(address).text
    order = {"site": "hills", "modality": "DX", "body_part": "CHEST", "priority": "emergency", "reason": "x"}
    ordered = tang.post("/t/order", data=form(tang, patient=address.rpartition("/")[2], **order))
    known = registered(tang, site="hills", card_type="health_card", card="AB" * 32, name="王璡", sex="F")

    proposed = tang.post(f"{known}/merges", data=form(tang, other=number_on(page), why="家属确认"))
    asked = mona.get("/t/patients").text
    claim = re.search(rf'action="({known}/merges/\w+)"', mona.get(known).text)
    assert claim is not None
    refused = tang.post(claim[1], data=form(tang, revision="1", move="merge", why="x"))
    merged = mona.post(claim[1], data=form(mona, revision="1", move="merge", why="家属确认"))
    orders = tang.get("/t/order").text
    shown = tang.get(address).text
    parted = mona.post(claim[1], data=form(mona, revision="2", move="undo", why="弄错了"))

    assert "无名氏" in page
    assert "约40岁" in page
    assert ordered.status_code == 303
    assert proposed.status_code == 303
    assert "王璡" in asked
    assert (refused.status_code, merged.status_code, parted.status_code) == (403, 303, 303)
    assert "王璡" in orders
    assert "<h1>王璡</h1>" in shown
    assert "无名氏" in tang.get(address).text


def test_a_fathers_card_under_the_childs_name_is_refused_in_words(house: House) -> None:
    tang = house.signed_in("tang")
    own = {**CHILD, "card_of": "own", "guardian": ""}
    contradicted = tang.post("/t/patients/new", data=form(tang, **own))
    registered(tang, **CHILD)
    known = tang.post("/t/patients/new", data=form(tang, **{**own, "sex": "", "birth_date": ""}))

    assert (contradicted.status_code, "监护人的证件" in contradicted.text) == (422, True)
    assert (known.status_code, "监护人的证件" in known.text, "小凯" in known.text) == (422, True, True)


def test_programs_register_correct_add_cards_and_merge_by_the_same_acts(house: House) -> None:
    tang, mona = house.signed_in("tang"), house.signed_in("mona")
    child = {**CHILD, "birth_date": "2020-05-01"}
    made = tang.post("/api/patients", json=child).json()
    wrong = tang.post("/api/patients", json={**child, "card_of": "own"})
    address = f"/api/patients/{made['id']}"
    patch = {"revision": 1, "reason": "录入错误", "name": "小楷"}
    corrected, older = tang.patch(address, json=patch), tang.patch(address, json={**patch, "name": "小开"})
    card = {"revision": 2, "reason": "新卡", "card_type": "health_card", "card": "CD" * 32}
    carded = tang.post(f"{address}/cards", json=card).json()
    own = next(one for one in carded["cards"] if one["card_of"] == "own")
    ended = tang.post(f"{address}/cards/{own['id']}/end", json={"revision": 3, "reason": "错卡"})
    other = tang.post("/api/patients", json={"site": "hills", "card_type": None, "estimated_age": 6}).json()
    claim = tang.post(f"{address}/merges", json={"other": other["id"], "reason": "同一人"}).json()
    decision = {"revision": 1, "move": "merge", "reason": "同一人"}
    merged = mona.post(f"/api/merges/{claim['id']}", json=decision).json()
    one = tang.get(f"/api/patients/{other['id']}").json()
    strange = house.signed_in("quinn").post(
        f"/api/merges/{claim['id']}", json={**decision, "move": "undo", "revision": 2}
    )
    order = {"site": "hills", "modality": "DX", "procedures": [{"body_part": "CHEST"}], "reason": "x"}
    ordered = tang.post("/api/orders", json={**order, "patient_id": made["id"]})
    nobody = tang.post("/api/orders", json=order)

    assert (wrong.status_code, wrong.json()["field"], wrong.json()["problem"]) == (422, "sex", "card_says_otherwise")
    assert (corrected.json()["name"], corrected.json()["revision"]) == ("小楷", 2)
    assert older.status_code == 409
    assert own["card"] != "CD" * 32
    assert [card["card_of"] for card in ended.json()["cards"]] == ["guardian"]
    assert (merged["state"], one["id"], one["records"]) == ("merged", made["id"], [other["number"]])
    assert strange.status_code == 404
    assert (ordered.status_code, nobody.status_code) == (201, 422)
    with snapshot(house.engine) as tx:
        into = tx.scalar(sa.select(patient.c.merged_into).where(patient.c.id == other["id"]))
    assert into == made["id"]
