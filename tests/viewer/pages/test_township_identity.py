"""Images under somebody else's number: nobody reads them as theirs until a person has seen both sides and decided."""

from __future__ import annotations

import re

import httpx
import pytest

from reading.access import visibility
from reading.actions import Action
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.context import Context
from reading.intake import intake
from reading.kinds import Priority
from reading.orders import orders
from reading.orders.orders import Order
from reading.signing import withhold
from reading.viewers import PatientViewer
from storage.database import snapshot, transaction
from tests.reading.clinic import NORMAL, another_image, read, verify
from tests.reading.region import KEYS
from tests.viewer.house import House

STUDY = "1.2.840.7"
PICTURE = f"{STUDY}.1.1"
PLACES = ("/p/reports", "/api/patient/reports")


@pytest.fixture
def order(house: House) -> Order:
    """Pia's order."""
    with transaction(house.engine) as tx:
        return orders.place(
            tx,
            site_id=house.clinic.region.hills.id,
            patient_id=house.patient.id,
            modality="DX",
            priority=Priority.ROUTINE,
            procedures=[orders.Asked(body_part="CHEST")],
            reason="",
            ordered_by=None,
            now=house.now,
        )


@pytest.fixture
def child(house: House, order: Order) -> Case:
    """A boy's picture that came with the number of Pia's order: the technician did not choose the next patient."""
    house.case("1.2.840.6")
    return house.case(
        STUDY,
        patient_id="",
        patient_name="WU^JUN",
        sex="M",
        birth_date="20190402",
        accession_number=order.accession_number,
    )


def released(house: House, case: Case) -> str:
    with transaction(house.engine) as tx:
        read(tx, house.clinic, house.clinic.rosa, case.id, house.now, NORMAL)
        return verify(tx, house.clinic, house.clinic.vera, case.id, house.now, NORMAL).id


def decide(house: House, who: httpx.Client, case: Case, how: str, **typed: str) -> httpx.Response:
    given = {"csrf_token": who.headers["X-CSRF-Token"], "revision": str(house.revision(case.id)), "why": "核对了身份证"}
    return who.post(f"/t/case/{case.id}/identity/{how}", data=given | typed)


def seen_by(patient: httpx.Client, version_id: str) -> set[int]:
    """How a report and its pictures answer somebody's phone."""
    addresses = [f"{place}/{version_id}{end}" for place in PLACES for end in ("", ".pdf", "/pictures/1")]
    return {patient.get(address).status_code for address in addresses}


def opens_its_images(house: House) -> bool:
    """Whether DICOMweb finds the boy's images for Pia, who proved her card and sees all that is hers."""
    pia = PatientViewer(patient_id=house.patient.id, case_id=None, csrf_token="")
    with snapshot(house.engine) as tx:
        return STUDY in (visibility.scope(tx, pia, house.now, Action.STUDY_FRAMES).study_uids or frozenset())


def test_a_boy_under_anothers_number_has_no_priors_no_receipt_and_is_red_everywhere(house: House, child: Case) -> None:
    version_id = released(house, child)
    tang, ada = house.signed_in("tang"), house.signed_in("ada")
    shown = ada.get(f"/api/cases/{child.id}").json()
    listed, page, paper = (tang.get(at).text for at in ("/t", f"/t/case/{child.id}", f"/t/print/{version_id}"))
    refused = house.submit(tang, f"/t/case/{child.id}/receipt")

    assert (shown["identity"], shown["prior_count"]) == ("differs", 0)
    assert f'class="tag danger" href="/t/case/{child.id}/identity"' in listed
    assert f"/t/case/{child.id}/identity" in page
    assert f"/t/case/{child.id}/receipt" not in page
    assert "身份未确认" in paper
    assert refused.status_code == 422
    assert "请先核对身份" in refused.text


def test_both_sides_are_seen_and_what_differs_is_named(house: House, child: Case, order: Order) -> None:
    page = house.signed_in("tang").get(f"/t/case/{child.id}/identity").text

    for said in ("WU JUN", "2019-04-02", "Pia", "1990-03-07", order.accession_number, "不同：姓名、性别、出生日期"):
        assert said in page, said
    assert f"instances/{PICTURE}/thumbnail" in page
    assert f"/t/case/{child.id}/images" in page
    assert house.signed_in("quinn").get(f"/t/case/{child.id}/identity").status_code == 404


def test_pia_reads_the_boys_picture_on_no_phone_before_somebody_confirms_it_nor_after_undo(
    house: House, child: Case
) -> None:
    earlier = cases_of(house, "1.2.840.6")
    other = released(house, earlier)
    pia = house.patient_client(earlier.id)
    version_id = released(house, child)
    held, images_held = seen_by(pia, version_id), opens_its_images(house)
    tang, mona = house.signed_in("tang"), house.signed_in("mona")
    confirmed = decide(house, tang, child, "confirm")
    phone = house.patient_client(child.id)
    own, images_own = seen_by(phone, version_id), opens_its_images(house)
    standing = decide(house, mona, child, "undo", why="不是本人")
    warned = mona.get(f"/t/case/{child.id}/identity").text
    with transaction(house.engine) as tx:
        withhold.withhold(Context(tx, house.clinic.audit, house.now, house.clinic.mona), child.id, why="不是本人")
    withheld = seen_by(phone, version_id)
    offered = mona.get(f"/t/case/{child.id}/identity").text
    undone = decide(house, mona, child, "undo", why="不是本人")
    with snapshot(house.engine) as tx:
        after = cases.by_id(tx, child.id)

    assert pia.get(f"/p/reports/{other}").status_code == 200
    assert (held, images_held) == ({404}, False)
    assert confirmed.status_code == 303
    assert (own, images_own) == ({200}, True)
    assert standing.status_code == 403
    assert ("先在阅片页停用报告" in warned, "identity/undo" in warned) == (True, False)
    assert ("先在阅片页停用报告" in offered, "identity/undo" in offered) == (False, True)
    assert withheld == {404}
    assert undone.status_code == 303, undone.text
    assert (after.patient_id, after.identity) == (None, Identity.DIFFERS)
    assert not seen_by(phone, version_id) & {200}
    assert not opens_its_images(house)


def test_the_picture_that_names_another_is_marked_and_shown_among_many(house: House) -> None:
    case = house.case("1.2.840.6")
    with transaction(house.engine) as tx:
        for number in range(2, 30):
            said = {"patient_id": "P1"} | ({"patient_name": "WU^JUN"} if number == 17 else {})
            study = another_image(tx, house.clinic, "1.2.840.6", number, house.now, **said)
        intake.take_in(Context(tx, house.clinic.audit, house.now, SYSTEM), KEYS, study)
    page = house.signed_in("tang").get(f"/t/case/{case.id}/identity").text
    marked = re.findall(
        r'<figure class="odd"><img src="[^"]*/instances/([^/"]*)/thumbnail".*?<figcaption>([^<]*)', page
    )

    desk = house.signed_in("ada").get(f"/api/cases/{case.id}").json()

    assert [(uid, said.strip()) for uid, said in marked] == [("1.2.840.6.1.17", "WU JUN")]
    (one,) = desk["other_persons"]
    assert (one["instance_uid"], one["series_uid"], one["name"]) == ("1.2.840.6.1.17", "1.2.840.6.1", "WU JUN")


def test_quality_leads_to_the_page_where_it_is_decided(house: House, child: Case) -> None:
    page = house.signed_in("mona").get(f"/quality/patient/{child.id}").text

    assert f'href="/t/case/{child.id}/identity"' in page


def test_another_person_is_parted_and_taken_back(house: House, child: Case) -> None:
    tang = house.signed_in("tang")
    parted = decide(house, tang, child, "part")
    page = tang.get(f"/t/case/{child.id}/identity").text
    back = decide(house, tang, child, "undo")
    with snapshot(house.engine) as tx:
        after = cases.by_id(tx, child.id)

    assert (parted.status_code, back.status_code) == (303, 303)
    assert "核对了身份证" in page
    assert after.identity is Identity.DIFFERS


def test_an_old_page_a_missing_reason_and_a_reader_decide_nothing(house: House, child: Case) -> None:
    tang, ada = house.signed_in("tang"), house.signed_in("ada")
    old = decide(house, tang, child, "confirm", revision=str(house.revision(child.id) + 1))
    silent = decide(house, tang, child, "confirm", why=" ")
    reader = decide(house, ada, child, "confirm")
    with snapshot(house.engine) as tx:
        after = cases.by_id(tx, child.id)

    assert (old.status_code, silent.status_code, reader.status_code) == (409, 422, 403)
    assert "核对了身份证" in old.text
    assert after.identity is Identity.DIFFERS


def cases_of(house: House, study_uid: str) -> Case:
    with snapshot(house.engine) as tx:
        found = cases.of_study(tx, study_uid)
    assert found is not None
    return found
