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


def test_the_page_of_an_examination_leads_there(house: House) -> None:
    case = house.case(STUDY)

    assert f'href="/t/case/{case.id}/withhold"' in house.signed_in("tang").get(f"/t/case/{case.id}").text
