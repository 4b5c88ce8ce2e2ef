"""On the phone: which institutions see an examination besides, and the consent taken back."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx

from reading.context import Context
from reading.sharing import shares
from storage.database import transaction
from tests.viewer.house import House
from tests.viewer.pages.test_patient import STUDY, final
from tests.viewer.pages.test_patient_telephone import CARD, ask, code_of, gateway, verified


def shared(house: House, study_uid: str) -> None:
    with transaction(house.engine) as tx:
        mona = Context(tx, house.clinic.audit, house.now, house.clinic.mona)
        shares.share_study(mona, study_uid, site_code="lake", until=house.now + timedelta(days=30), reason="转诊")


def by_telephone(house: House) -> httpx.Client:
    gateway(house)
    verified(house)
    phone = house.client()
    _, token = ask(phone)
    assert phone.post("/p/telephone/code", data={**CARD, "token": token, "code": code_of(house)}).status_code == 303
    return phone


def test_a_patient_reads_who_sees_an_examination_and_takes_the_consent_back(house: House) -> None:
    case_id, version_id = final(house)
    shared(house, STUDY)
    page = f"/p/reports/{version_id}"
    by_receipt = house.patient_client(case_id).get(page).text
    phone = by_telephone(house)
    before = phone.get(page).text
    form = dict(
        re.findall(r'<input type="hidden" name="(csrf_token|report)" value="([^"]+)"', before.partition("/end")[2])
    )
    address = re.search(r'action="(/p/shares/\w+/end)"', before)
    assert address is not None
    done = phone.post(address[1], data=form)
    after = phone.get(page).text
    again = phone.post(address[1], data=form)
    address_again = re.search(r'action="(/p/shares/\w+/again)"', after)
    assert address_again is not None
    agreed = phone.post(address_again[1], data=form)
    standing = phone.get(page).text
    agreed_twice = phone.post(address_again[1], data=form)
    phone.post(address[1], data=form)
    at_the_site = house.signed_in("mona").get(f"/t/case/{case_id}/share").text

    assert ("还有哪些机构能看" in by_receipt, "/p/shares/" in by_receipt, "Lake" in by_receipt) == (True, False, True)
    assert (done.status_code, done.headers["location"]) == (303, f"{page}#consent")
    assert ("您已于" in after, "/end" in after) == (True, False)
    assert (again.status_code, agreed.status_code, agreed_twice.status_code) == (409, 303, 409)
    assert ("您已于" in standing, address[1] in standing) == (False, True)
    assert "患者本人" in at_the_site
