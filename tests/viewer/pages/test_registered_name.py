"""A matched patient is shown and found under the registered name, the device's writing beneath it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.kinds import Sex
from reading.patients import patients
from storage.database import transaction
from tests.reading.clinic import read
from tests.reading.region import KEYS
from tests.viewer.house import House

STUDY = "1.2.840.1"


@pytest.fixture
def matched(house: House) -> tuple[Case, str]:
    """A case of 王小丽 whose images say WANG XIAOLI, and her number."""
    case = house.case(STUDY, patient_id="", patient_name="WANG^XIAOLI", accession_number="A77")
    with transaction(house.engine) as tx:
        known = patients.register(
            tx, KEYS, name="王小丽", birth_date=None, sex=Sex.FEMALE, identifiers=[], now=house.now
        )
        return cases.change(tx, case, patient_id=known.id), known.number


def test_the_registered_name_stands_first_everywhere(house: House, matched: tuple[Case, str]) -> None:
    case, _ = matched
    with transaction(house.engine) as tx:
        version = read(tx, house.clinic, house.clinic.ada, case.id, house.now)
    tang = house.signed_in("tang")
    pages = {path: tang.get(path).text for path in ("/t", f"/t/case/{case.id}", f"/t/print/{version.id}")}
    receipt = house.submit(tang, f"/t/case/{case.id}/receipt").text
    item = house.signed_in("ada").get(f"/api/cases/{case.id}").json()["patient"]

    for path, page in pages.items():
        assert page.index("王小丽") < page.index("WANG XIAOLI"), path
    assert "王小丽" in receipt
    assert (item["name"], item["name_in_images"]) == ("王小丽", "WANG XIAOLI")


def test_what_is_written_alike_stands_once(house: House) -> None:
    case = house.case(STUDY, patient_name="Wang^Xiaoli=王^小丽")
    with transaction(house.engine) as tx:
        known = patients.register(
            tx, KEYS, name="王小丽", birth_date=None, sex=Sex.FEMALE, identifiers=[], now=house.now
        )
        cases.change(tx, case, patient_id=known.id)

    assert house.signed_in("ada").get(f"/api/cases/{case.id}").json()["patient"]["name_in_images"] == ""


def test_a_search_finds_both_writings_and_the_numbers_however_long_ago(house: House, matched: tuple[Case, str]) -> None:
    case, number = matched
    with transaction(house.engine) as tx:
        read(tx, house.clinic, house.clinic.ada, case.id, house.now)
    house.now += timedelta(days=200)
    tang, ada = house.signed_in("tang"), house.signed_in("ada")

    for text in ("王小丽", "王", "WANG XIAOLI", "wang^xiao", number, "A77"):
        assert case.id in house.seek(tang, "/t", q=text).text, text
        assert ada.post("/api/cases/search", json={"q": text}).json()["total"] == 1, text
    assert case.id not in tang.get("/t").text
    assert case.id not in house.seek(tang, "/t", q="李").text


def test_nobodys_picture_is_shown_under_anothers_registered_name(house: House) -> None:
    case = house.case(STUDY, patient_name="陈^大海")

    assert (case.patient_id, case.identity) == (None, Identity.DIFFERS)  # the number is Pia's
    page = house.signed_in("tang").get("/t").text
    assert "陈大海" in page
    assert ">Pia<" not in page
