"""At the township: whoever sees that an examination is wrong hides it from everybody at once, and calls somebody."""

from __future__ import annotations

import pytest

from reading.cases import cases
from reading.cases.moves import State
from reading.context import Context
from reading.errors import Invalid
from reading.sessions import receipts
from reading.signing import printing
from storage.database import snapshot, transaction
from storage.ids import new_id
from tests.reading.clinic import read, state, verify
from tests.reading.region import KEYS
from tests.viewer.house import House

STUDY = "1.2.840.1"


def test_a_technician_withholds_with_a_reason_and_sees_whom_to_call(house: House) -> None:
    case = house.case(STUDY)
    tang, address = house.signed_in("tang"), f"/t/case/{case.id}/withhold"
    form = {"csrf_token": tang.headers["X-CSRF-Token"], "why": "拍错人"}
    page = tang.get(address).text
    unsure = tang.post(address, data=form)
    mute = tang.post(address, data=form | {"sure": "yes", "why": " "})
    with snapshot(house.engine) as tx:
        before = state(tx, case.id)
    done = tang.post(address, data=form | {"sure": "yes"})
    after = tang.get("/t/withheld").text
    with snapshot(house.engine) as tx:
        standing = cases.by_id(tx, case.id).state

    assert "Mona" in page
    assert (unsure.status_code, mute.status_code, before) == (422, 422, State.WAITING_READ)
    assert "拍错人" in unsure.text
    assert (done.status_code, done.headers["location"]) == (303, "/t/withheld")
    assert standing is State.WITHHELD
    assert "Mona" in after
    assert tang.get(f"/t/case/{case.id}").status_code == 404


def test_what_is_withheld_is_told_to_its_site_and_to_whom_decides(house: House) -> None:
    case = house.case(STUDY, accession_number="A-17")
    tang, mona, other = (house.signed_in(name) for name in ("tang", "mona", "quinn"))
    before = [each.get("/t/withheld").text for each in (tang, mona)]
    form = {"csrf_token": tang.headers["X-CSRF-Token"], "why": "拍错人", "sure": "yes"}
    assert tang.post(f"/t/case/{case.id}/withhold", data=form).status_code == 303

    listed, decided = tang.get("/t").text, mona.get("/quality").text
    assert all("停用的检查 1" not in each for each in before)
    assert 'href="/t/withheld"' in listed
    assert "Tang" in tang.get("/t/withheld").text
    assert f'href="/#/case/{case.id}"' in decided
    assert f"case/{case.id}" not in tang.get("/t/withheld").text
    for page in (tang.get("/t/withheld").text, decided):
        assert all(told in page for told in ("<strong>Pia</strong>", "A-17", "拍错人"))
    assert not any(told in other.get("/t/withheld").text for told in ("Pia", case.id, "拍错人"))


def test_the_page_of_what_is_withheld_says_so_and_offers_the_patient_nothing(house: House) -> None:
    case, mona = house.case(STUDY), house.signed_in("mona")
    form = {"csrf_token": mona.headers["X-CSRF-Token"], "why": "拍错人", "sure": "yes"}
    before = mona.get(f"/t/case/{case.id}").text
    at_the_counter = house.signed_in("tang").get(f"/t/case/{case.id}").text
    with transaction(house.engine) as tx:
        tang = Context(tx, house.clinic.audit, house.now, house.clinic.tang)
        printing.print_receipt(tang, KEYS, case.id, sheet=new_id())
    mona.post(f"/t/case/{case.id}/withhold", data=form)
    page = mona.get(f"/t/case/{case.id}").text
    with transaction(house.engine) as tx, pytest.raises(Invalid, match="patient"):
        receipts.print_receipt(tx, KEYS, case.id, printed_by=house.clinic.tang.person_id, now=house.now)

    assert "还没有报告" in before
    assert f'action="/t/case/{case.id}/receipt"' in at_the_counter
    assert f'action="/t/case/{case.id}/receipt"' not in before  # who manages a site prints no slip of it
    assert "报告已停用" in page
    assert "还没有报告" not in page
    assert f'action="/t/case/{case.id}/receipt"' not in page
    assert f"/t/case/{case.id}/withhold" not in page


def test_under_a_report_the_one_way_is_to_withhold_it_and_nothing_leads_round_in_a_circle(house: House) -> None:
    case, tang = house.case(STUDY), house.signed_in("tang")
    own, correct, hide = (f"/t/case/{case.id}{page}" for page in ("", "/correct", "/withhold"))
    before = [tang.get(page).text for page in (own, correct, hide)]
    with transaction(house.engine) as tx:
        read(tx, house.clinic, house.clinic.rosa, case.id, house.now)
        verify(tx, house.clinic, house.clinic.vera, case.id, house.now)
    after = [tang.get(page).text for page in (own, correct, hide)]

    assert [f'href="{correct}"' in page for page in before] == [True, False, True]
    assert [f'href="{correct}"' in page for page in after] == [False] * 3
    assert ('name="laterality"' in before[1], 'name="laterality"' in after[1]) == (True, False)
    assert f'href="{hide}"' in after[0]
    assert f'href="{hide}"' in after[1]
    assert "Mona" in after[1]
    refused = house.submit(tang, correct, name="Pia", laterality="R", why="写错")
    assert refused.status_code == 403
    assert 'value="写错"' in refused.text


def test_the_page_of_an_examination_leads_there(house: House) -> None:
    case = house.case(STUDY)

    assert f'href="/t/case/{case.id}/withhold"' in house.signed_in("tang").get(f"/t/case/{case.id}").text
