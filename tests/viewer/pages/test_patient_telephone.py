"""From the counter to the whole history on the phone: a number is verified, a card and its code open everything."""

from __future__ import annotations

import re
from dataclasses import replace
from statistics import median
from time import perf_counter

import httpx
import pytest
import sqlalchemy as sa

from reading.messages.routes import Audience
from reading.tables import telephone_code
from reading.telephones import codes, numbers
from reading.telephones.codes import Purpose
from storage.database import transaction
from tests.reading.clinic import read
from tests.reading.messages.scene import MOBILE
from tests.reading.region import KEYS, PIA_CARD
from tests.reading.telephones.test_numbers import OTHER, last_code
from tests.viewer.house import House
from tests.viewer.pages.office import english, post, said
from tests.viewer.pages.test_patient import final

NOBODYS = "11010519491231002X"
CARD = {"card_type": "identity_card", "card": PIA_CARD}


def gateway(house: House, kind: str = "sms") -> None:
    house.app.state.office = replace(house.office, gateways={Audience.PATIENT: kind})


def ask(client: httpx.Client, card: str = PIA_CARD) -> tuple[httpx.Response, str]:
    """The page after the card, and the token in it."""
    answer = client.post("/p/telephone", data={**CARD, "card": card})
    found = re.search(r'name="token" value="([^"]+)"', answer.text)
    return answer, found[1] if found else ""


def code_of(house: House) -> str:
    with transaction(house.engine) as tx:
        return last_code(tx)


def verified(house: House) -> None:
    with transaction(house.engine) as tx:
        numbers.enter(tx, KEYS, house.patient.id, MOBILE, made_by=None, now=house.now)


def test_a_number_is_verified_at_the_counter_and_opens_every_examination(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, version_id = final(house)
    other = house.case("1.2.840.7")
    with transaction(house.engine) as tx:
        second = read(tx, house.clinic, house.clinic.ada, other.id, house.now).id
    gateway(house)
    tang = english(house.signed_in("tang"))
    record = f"/t/patients/{house.patient.id}"
    noted = tang.get(record).text
    form = dict(re.findall(r'name="(revision|name|sex|birth_date)" value="([^"]*)"', noted))
    post(tang, f"{record}/correct", **form, telephone=MOBILE, why="asked")
    with monkeypatch.context() as today:
        today.setattr(codes, "SENT_A_DAY", dict.fromkeys(Purpose, 0))
        unsent = post(tang, f"{record}/telephone/code")
    sent = post(tang, f"{record}/telephone/code")
    code = code_of(house)
    wrong = post(tang, f"{record}/telephone", code="000000" if code != "000000" else "111111")
    right = post(tang, f"{record}/telephone", code=code)
    shown = tang.get(record).text
    phone = house.client()
    offered = phone.get("/p").text
    _, token = ask(phone)
    opened = phone.post("/p/telephone/code", data={**CARD, "token": token, "code": code_of(house)})
    listed = phone.get("/p/reports").text

    assert unsent.status_code == 422
    assert "none was sent" in said(unsent)
    assert (sent.status_code, wrong.status_code, right.status_code) == (303, 422, 303)
    assert "wrong or too old" in said(wrong)
    assert "verified 20" in shown
    assert "/p/telephone" in offered
    assert (opened.status_code, opened.headers["location"]) == (303, "/p/reports")
    assert version_id in listed
    assert second in listed
    assert "tierread_patient" in opened.headers["set-cookie"]


def test_nobody_learns_from_the_answer_whose_card_it_is_or_whether_there_is_a_telephone(house: House) -> None:
    gateway(house)
    without, _ = ask(house.client())
    verified(house)
    times: dict[str, list[float]] = {PIA_CARD: [], NOBODYS: []}
    answers = [without]
    for number in range(6):
        for card, spent in times.items():
            client = house.client()
            client.headers["X-Forwarded-For"] = f"198.51.100.{number}"
            began = perf_counter()
            answer, _ = ask(client, card)
            spent.append(perf_counter() - began)
            answers.append(answer)
    bare = {re.sub(r'(name="(?:token|card)" value)="[^"]*"', r"\1", one.text) for one in answers[:9]}

    assert {one.status_code for one in answers[:9]} == {200}
    assert len(bare) == 1
    # No difference that a network does not hide: both do the same work.
    assert abs(median(times[PIA_CARD]) - median(times[NOBODYS])) < 0.05


def test_codes_tokens_and_cards_are_not_found_by_trying(house: House) -> None:
    gateway(house)
    verified(house)
    phone = house.client()
    _, token = ask(phone)
    code = code_of(house)
    wrong = "000000" if code != "000000" else "111111"
    tries = [
        {**CARD, "token": token, "code": wrong},
        {**CARD, "token": "x" * 43, "code": code},
        {**CARD, "card": NOBODYS, "token": token, "code": code},
    ]
    answers = [phone.post("/p/telephone/code", data=one) for one in tries]
    bare = [re.sub(r'(name="(?:token|card)" value)="[^"]*"', r"\1", one.text) for one in answers]
    foreign = phone.post(
        "/p/telephone/code", data={**CARD, "token": token, "code": code}, headers={"Origin": "https://evil.example"}
    )
    slowed = [phone.post("/p/telephone/code", data=tries[0]).status_code for _ in range(6)]

    assert {one.status_code for one in answers} == {401}
    assert len(set(bare)) == 1
    assert foreign.status_code == 403
    assert 429 in slowed
    assert phone.get("/p/reports").headers.get("location", "/p").startswith("/p")
    assert house.client().get(f"/p/telephone/code?token={token}&code={code}").status_code == 405


def test_where_nothing_is_sent_the_door_is_closed_and_nothing_is_promised(house: House) -> None:
    case_id, _ = final(house)
    tang = english(house.signed_in("tang"))
    gateway(house, "folder")
    with transaction(house.engine) as tx:
        numbers.enter(tx, KEYS, house.patient.id, MOBILE, made_by=None, now=house.now)
    phone = house.client()
    shut = [
        phone.get("/p/telephone"),
        phone.post("/p/telephone", data=CARD),
        phone.post("/p/telephone/code", data={**CARD, "token": "x", "code": "1"}),
    ]
    offered = phone.get("/p").text
    unsaid = post(tang, f"/t/case/{case_id}/receipt").text
    gateway(house)
    promised = post(tang, f"/t/case/{case_id}/receipt").text

    assert [one.status_code for one in shut] == [404, 404, 404]
    assert "/p/telephone" not in offered
    assert "a message goes to the telephone" not in unsaid
    assert "a message goes to the telephone" in promised


def test_a_patient_changes_the_number_with_a_code_to_both(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    case_id, _ = final(house)
    gateway(house)
    verified(house)
    phone = house.client()
    _, token = ask(phone)
    phone.post("/p/telephone/code", data={**CARD, "token": token, "code": code_of(house)})
    listed = phone.get("/p/reports").text
    csrf = {"csrf_token": re.findall(r'name="csrf_token" value="([^"]+)"', listed)[0]}
    same = phone.post("/p/number", data={**csrf, "telephone": MOBILE})
    with monkeypatch.context() as today:
        today.setattr(codes, "SENT_A_DAY", dict.fromkeys(Purpose, 0))
        unsent = phone.post("/p/number", data={**csrf, "telephone": OTHER})
    sent = phone.post("/p/number", data={**csrf, "telephone": OTHER})
    with transaction(house.engine) as tx:
        code = telephone_code.c
        asked = sa.select(code.purpose, code.id).where(code.purpose.in_(["old", "new"])).order_by(code.id)
        said_to = {row.purpose: codes.words_of(tx, KEYS, row.id)["code"] for row in tx.execute(asked)}
    swapped = phone.post("/p/number/codes", data={**csrf, "old": said_to["new"], "new": said_to["old"]})
    changed = phone.post("/p/number/codes", data={**csrf, **said_to})
    by_receipt = house.patient_client(case_id)

    assert "/p/number" in listed
    assert (same.status_code, unsent.status_code, sent.status_code, swapped.status_code) == (422, 422, 200, 422)
    assert (changed.status_code, changed.headers["location"]) == (303, "/p?ended=3")
    assert phone.get("/p/reports").status_code != 200  # the session ended with the old number
    with transaction(house.engine) as tx:
        found = numbers.of_person(tx, KEYS, house.patient.id)
    assert found is not None
    assert found.number == OTHER
    assert by_receipt.get("/p/number").status_code == 404
