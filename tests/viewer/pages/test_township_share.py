"""A quality manager shares an examination from its page, and the other site finds it at its own desk until it ends."""

from __future__ import annotations

import re
from datetime import timedelta

from reading.kinds import Role
from storage.database import transaction
from tests.reading.region import hire
from tests.viewer.house import House, give_password

STUDY = "1.2.840.1"


def employed(house: House, username: str, site: str) -> str:
    with transaction(house.engine) as tx:
        give_password(tx, hire(tx, username, house.now, (Role.TECHNICIAN, getattr(house.clinic.region, site))))
    return username


def test_the_other_site_sees_the_pictures_until_the_manager_ends_it(house: House) -> None:
    case = house.case(STUDY)
    mona, una = house.signed_in("mona"), house.signed_in(employed(house, "una", "moor"))
    page = f"/t/case/{case.id}/share"
    last = (house.now + timedelta(days=3)).date().isoformat()
    shared = house.submit(mona, page, site="moor", until=last, why="转上级医院会诊")
    listed = una.get("/t/shared").text
    found = re.search(r'href="(/t/shared/\w+)"', listed)
    assert found is not None
    opened = una.get(found[1])

    assert shared.status_code == 303, shared.text
    assert "转上级医院会诊" in listed
    assert f"/dicomweb/studies/{STUDY}/" in opened.text
    assert "Moor" in mona.get(f"/t/case/{case.id}").text
    assert una.get(f"/t/case/{case.id}").status_code == 404
    given = re.search(r'name="share" value="(\w+)"', mona.get(page).text)
    assert given is not None
    assert house.submit(mona, f"{page}/end", share=given[1], why="会诊完成").status_code == 303
    assert una.get(found[1]).status_code == 404
    assert "转上级医院会诊" not in una.get("/t/shared").text
    again = house.submit(mona, f"{page}/end", share=given[1], why="会诊完成")
    assert again.status_code == 409
    assert "会诊完成" in again.text


def test_the_last_day_counts_whole_on_the_clock_of_the_site(house: House) -> None:
    case = house.case(STUDY)
    mona, una = house.signed_in("mona"), employed(house, "una", "moor")
    house.submit(mona, f"/t/case/{case.id}/share", site="moor", until=house.now.date().isoformat(), why="术前讨论")
    here = [house.signed_in(una).get("/t/shared").text.count("术前讨论")]
    house.now = house.now.replace(hour=15, minute=59)  # 23:59 in China
    here.append(house.signed_in(una).get("/t/shared").text.count("术前讨论"))
    house.now += timedelta(minutes=1)
    here.append(house.signed_in(una).get("/t/shared").text.count("术前讨论"))

    assert here == [1, 1, 0]


def test_whoever_manages_no_quality_is_told_who_shares(house: House) -> None:
    case = house.case(STUDY)
    tang = house.signed_in("tang")
    page = f"/t/case/{case.id}/share"
    form = {"csrf_token": tang.headers["X-CSRF-Token"], "site": "moor", "until": "2026-03-09", "why": "x"}
    refused = tang.post(page, data=form)

    assert "质控负责人共享" in tang.get(page).text
    assert page not in tang.get(f"/t/case/{case.id}").text
    assert refused.status_code == 403
    assert "您没有做这一步的角色" in refused.text


def test_a_form_that_says_too_little_comes_back_with_what_was_typed(house: House) -> None:
    case = house.case(STUDY)
    mona = house.signed_in("mona")
    wrong = [
        house.submit(
            mona, f"/t/case/{case.id}/share", **({"site": "moor", "until": "2026-03-09", "why": "会诊"} | typed)
        )
        for typed in ({"site": ""}, {"until": "then"}, {"until": "2027-05-01"}, {"until": "2026-03-01"}, {"why": " "})
    ]

    assert [one.status_code for one in wrong] == [422] * 5
    assert 'value="会诊"' in wrong[1].text
    assert "不超过一年" in wrong[2].text
