"""Who has a case open that is withheld meanwhile stops seeing it, at the desk and on the patient's phone."""

from __future__ import annotations

from datetime import timedelta

from reading.tables import audit_event, staff_session
from storage.database import snapshot, transaction
from tests.reading.clinic import read
from tests.viewer.house import House

STUDY = "1.2.840.1"


def test_an_onlooker_of_a_case_that_is_withheld_is_told_that_it_is_gone(house: House) -> None:
    earlier = house.case("1.2.840.9", patient_name="Pia^Pan")
    house.now += timedelta(days=1)
    case = house.case(STUDY, patient_name="Pia^Pan")
    ada, mona = house.signed_in("ada"), house.signed_in("mona")
    here = f"/api/cases/{case.id}/standing"
    shown = ada.get(f"/api/cases/{case.id}").json()
    open_ = ada.get(here)
    mona.post(f"/api/cases/{earlier.id}/withhold", json={"why": "图像不是本人的"})
    without_prior = ada.get(here)
    mona.post(f"/api/cases/{case.id}/withhold", json={"why": "图像不是本人的"})

    assert open_.json() == {
        "revision": shown["revision"],
        "image_set": shown["image_set"],
        "priors": [earlier.id],
        "alerts": shown["alerts"],
    }
    assert without_prior.json()["priors"] == []
    assert ada.get(here).status_code == 404
    assert ada.get(f"/dicomweb/studies/{STUDY}/metadata").status_code == 404


def test_a_page_that_stands_open_keeps_nobody_signed_in_and_writes_nothing(house: House) -> None:
    case = house.case(STUDY)
    tang = house.signed_in("tang")
    page = tang.get(f"/t/case/{case.id}").text

    def written() -> tuple[object, ...]:
        with snapshot(house.engine) as tx:
            seen = tx.execute(staff_session.select()).all()
            return (*seen, len(tx.execute(audit_event.select()).all()))

    before = written()
    house.now += timedelta(minutes=12)
    answer = tang.get(f"/api/cases/{case.id}/standing")

    assert f'data-standing="/api/cases/{case.id}/standing"' in page
    assert answer.status_code == 200
    assert written() == before


def test_the_patients_page_is_told_that_its_report_was_withheld(house: House) -> None:
    case = house.case(STUDY)
    with transaction(house.engine) as tx:
        version = read(tx, house.clinic, house.clinic.ada, case.id, house.now)
    pia = house.patient_client(case.id)
    here = f"/api/patient/reports/{version.id}/standing"
    open_ = pia.get(here)
    page = pia.get(f"/p/reports/{version.id}").text
    house.signed_in("mona").post(f"/api/cases/{case.id}/withhold", json={"why": "图像不是本人的"})

    assert open_.status_code == 204
    assert f'data-standing="{here}"' in page
    assert pia.get(here).status_code == 404
