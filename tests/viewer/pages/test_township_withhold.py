"""At the township: whoever sees that an examination is wrong hides it from everybody at once, and calls somebody."""

from __future__ import annotations

from reading.cases import cases
from reading.cases.moves import State
from storage.database import snapshot
from tests.reading.clinic import state
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
    case = house.case(STUDY)
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
    assert "Pia" not in tang.get("/t/withheld").text + decided
    assert case.id not in other.get("/t/withheld").text


def test_the_page_of_an_examination_leads_there(house: House) -> None:
    case = house.case(STUDY)

    assert f'href="/t/case/{case.id}/withhold"' in house.signed_in("tang").get(f"/t/case/{case.id}").text
