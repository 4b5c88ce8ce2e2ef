"""The board of the queue, and the page that says why a case is where it is."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from io import StringIO

from reading.context import Context
from reading.intake import intake
from reading.kinds import Role
from reading.overdue import rerouting
from reading.queue import leases
from reading.rules import policy
from reading.rules.rule import Goal
from storage.database import transaction
from tests.passwords import quick_hash
from tests.reading.clinic import read, take
from tests.reading.intake.test_awaiting import coming, earlier, waits
from tests.reading.overdue.test_rerouting import overdue, sign_in
from tests.reading.region import hire
from tests.viewer.house import PASSWORD, House

HOUR = timedelta(hours=1)


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_manager_sees_what_is_late_what_will_be_and_where_it_waits(house: House) -> None:
    late, quick = house.case("1.1"), house.case("1.2", body_part="HAND")
    house.now += 1.5 * HOUR
    waits = house.case("1.3", body_part="KNEE")
    with transaction(house.engine) as tx:
        read(tx, house.clinic, house.clinic.ada, quick.id, house.now)
    house.now += HOUR
    mona = house.signed_in("mona")
    mona.cookies.set("tierread_language", "en")
    page = mona.get("/office/queue")
    lines = list(csv.reader(StringIO(mona.get("/office/queue.csv").text.removeprefix("\ufeff"))))

    assert page.status_code == 200
    assert "reading (the county) 2 0 1 1 2 2 3 / 1" in plain(page.text)
    assert "Hills 2 0 0 0 0 1 0 0 0% 0 of 3" in plain(page.text)
    assert f"/office/policy/case/{late.id}" in page.text
    assert "Pia" not in page.text
    assert [(line[0], line[-1]) for line in lines[1:]] == [("Late", late.id), ("Expected to be late", waits.id)]
    assert house.signed_in("ada").get("/office/queue").status_code == 404
    assert house.signed_in("ben").get("/office/queue").status_code == 200


def test_what_lies_returned_at_a_site_is_on_the_board_since_when(house: House) -> None:
    case = house.case("1.1")
    with transaction(house.engine) as tx:
        revision = take(tx, house.clinic, house.clinic.ada, case.id, house.now)
        ada = Context(tx, house.clinic.audit, house.now, house.clinic.ada)
        leases.return_to_site(ada, case.id, revision=revision, why="请补摄")
    house.now += timedelta(days=60)
    mona = house.signed_in("mona")
    mona.cookies.set("tierread_language", "en")

    assert "Hills 0 0 0 0 0 0 0 1, the first since 2026-03-02" in plain(mona.get("/office/queue").text)


def test_what_waits_for_earlier_images_is_on_the_board_since_when(house: House) -> None:
    with transaction(house.engine) as tx:
        policy.install(tx, waits(), None, house.now, version=2)
        earlier(tx, house.clinic, house.now)
        coming(tx, house.clinic, "1.2", house.now)
    mona = house.signed_in("mona")
    mona.cookies.set("tierread_language", "en")

    assert "Hills 1 0 0 0 0 0 1, the first since 2026-03-02 16:00 0" in plain(mona.get("/office/queue").text)


def test_one_page_says_why_a_case_is_where_it_is(house: House) -> None:
    now = house.now
    with transaction(house.engine) as tx:
        policy.install(tx, overdue(Goal.NEXT_TIER, step_minutes={"read": 60}), None, now, version=2)
        hire(tx, "mona2", now, (Role.QUALITY_MANAGER, house.clinic.region.city), password_hash=quick_hash(PASSWORD))
    case = house.case("1.1")
    with transaction(house.engine) as tx:
        ada, tang = house.clinic.ada, house.clinic.tang
        revision = take(tx, house.clinic, ada, case.id, now)
        leases.return_to_site(
            Context(tx, house.clinic.audit, now + HOUR / 4, ada), case.id, revision=revision, why="体位不正"
        )
        intake.resubmit(Context(tx, house.clinic.audit, now + HOUR, tang), case.id, why="已重拍")
        sign_in(tx, house.clinic, now + 2 * HOUR, house.clinic.ben)
        rerouting.reroute(Context(tx, house.clinic.audit, now + 2 * HOUR, tang))
    house.now += 3 * HOUR
    mona = house.signed_in("mona2")
    mona.cookies.set("tierread_language", "en")
    page = plain(mona.get(f"/office/policy/case/{case.id}").text)

    assert "Now with the city · City" in page
    assert "2 h 15 min have counted since the receipt" in page
    assert "back at the township" in page
    assert "went to the city (City)" in page
    assert "体位不正" in page
