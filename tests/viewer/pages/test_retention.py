"""Two administrators erase by naming the same from one paper; a hold stops it, and nobody is shown whose it is."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import httpx
import sqlalchemy as sa

from reading.audit import Outcome
from reading.cases.moves import State
from reading.kinds import Role
from reading.sessions.attempts import NAMING
from reading.tables import audit_event, case
from reading.tables import erasure_request as request_table
from storage.database import snapshot, transaction
from tests.viewer.house import House
from tests.viewer.pages.office import administrator_of, english, post, said, sam

PAGE = "/office/retention"
NAMED = {"by": "accession", "value": "A-12", "site": "hills"}
REASON = {"reason": "written request 12"}


def two(house: House) -> tuple[httpx.Client, httpx.Client]:
    """Sam asks, Sid confirms; there is a read examination of Pia's with an accession number."""
    house.case("1.2.840.1", accession_number="A-12")
    house.case("1.2.840.2", accession_number="A-13")
    with transaction(house.engine) as tx:
        tx.execute(sa.update(case).values(state=State.FINAL))
    house.now += timedelta(minutes=1)
    return sam(house), administrator_of(house, "sid", house.clinic.region.city, Role.SECURITY_ADMINISTRATOR)


def state_of(house: House) -> list[str]:
    with snapshot(house.engine) as tx:
        return list(tx.scalars(sa.select(request_table.c.state).order_by(request_table.c.id)))


def action(page: httpx.Response, end: str) -> str:
    found = re.search(rf'action="(/office/retention/requests/\w+/{end})"', page.text)
    assert found is not None, end
    return found[1]


def test_one_asks_and_another_confirms_by_naming_the_same(house: House) -> None:
    sams, sids = two(house)
    asked = post(sams, f"{PAGE}/ask", **NAMED, **REASON)
    twice = post(sams, f"{PAGE}/ask", **NAMED, **REASON)
    page, own = sids.get(PAGE), sams.get(PAGE)
    confirm = action(page, "confirm")
    alone = post(sams, confirm, **NAMED)
    other = post(sids, confirm, **{**NAMED, "value": "A-13"})
    before = state_of(house)
    confirmed = post(sids, confirm, **NAMED)

    assert (asked.status_code, asked.headers["location"]) == (303, f"{PAGE}?done=asked")
    assert (twice.status_code, said(twice)) == (403, "An open request names one of these already.")
    assert "written request 12" in page.text
    assert "A-12" not in page.text  # whoever confirms has it from the paper, not from the page
    assert "Pia" not in page.text + own.text
    assert house.patient.number not in page.text + own.text
    assert "/confirm" not in own.text
    assert alone.status_code == 403
    assert (other.status_code, said(other)) == (422, "This is not what was asked for.")
    assert (before, confirmed.status_code, state_of(house)) == (["asked"], 303, ["confirmed"])


def refused_acts(house: House) -> list[str]:
    with snapshot(house.engine) as tx:
        refused = audit_event.c.outcome == Outcome.REFUSED
        return list(tx.scalars(sa.select(audit_event.c.action).where(refused).order_by(audit_event.c.number)))


def test_wrong_names_are_counted_and_on_record(house: House) -> None:
    sams, sids = two(house)
    unknown = [
        post(sams, f"{PAGE}/{form}", by="number", value="0000000000", **REASON).status_code for form in ("ask", "holds")
    ]
    post(sams, f"{PAGE}/ask", **NAMED, **REASON)
    confirm = action(sids.get(PAGE), "confirm")
    another = {**NAMED, "value": "A-13"}
    guessed = [post(sids, confirm, **another).status_code for _ in range((NAMING.free or 0) + 2)]

    assert unknown == [404, 404]
    assert guessed == [422] * ((NAMING.free or 0) + 1) + [429]
    assert refused_acts(house) == ["erasure.ask", "study.hold", *["erasure.confirm"] * ((NAMING.free or 0) + 1)]
    assert state_of(house) == ["asked"]


def test_a_hold_stops_it_a_refusal_ends_it_and_a_county_sees_its_own(house: House) -> None:
    sams, sids = two(house)
    elms = english(administrator_of(house, "elsa", house.clinic.region.elm, Role.SYSTEM_ADMINISTRATOR))
    post(sams, f"{PAGE}/ask", by="number", value=house.patient.number, **REASON)
    confirm = action(sids.get(PAGE), "confirm")
    held = post(sams, f"{PAGE}/holds", **{**NAMED, "value": "A-13"}, reason="court 3")
    stopped = post(sids, confirm, by="number", value=house.patient.number)
    foreign = post(elms, f"{PAGE}/ask", **NAMED, **REASON)
    theirs = post(elms, action(sids.get(PAGE), "refuse"), why="x")
    lifted_without_reason = post(sams, f"{PAGE}/holds/lift", study="1.2.840.2", reason=" ")
    lifted = post(sams, f"{PAGE}/holds/lift", study="1.2.840.2", reason="court 3 has ended")
    refused = post(sids, action(sids.get(PAGE), "refuse"), why="the paper names another")

    assert held.status_code == 303
    assert (stopped.status_code, said(stopped)) == (403, "These images are under a hold and cannot be erased.")
    assert (foreign.status_code, theirs.status_code) == (404, 404)
    assert "written request 12" not in elms.get(PAGE).text
    assert (lifted_without_reason.status_code, lifted.status_code) == (422, 303)
    assert (refused.status_code, state_of(house)) == (303, ["refused"])
    assert "the paper names another" in sams.get(PAGE).text
    assert "Nothing is under a hold." in sams.get(PAGE).text


def test_what_is_due_is_confirmed_by_its_number(house: House) -> None:
    two(house)
    house.app.state.office = replace(house.office, retention_years=1)
    house.now += timedelta(days=400)
    sams, sids = english(house.signed_in("sam")), english(house.signed_in("sid"))
    asked = post(sams, f"{PAGE}/ask-for-due", **REASON)
    confirm = action(sids.get(PAGE), "confirm")
    wrong = [
        post(sids, confirm, **typed)
        for typed in ({"by": "age"}, {"by": "age", "value": "1"}, {"by": "age", "value": "two"}, NAMED)
    ]
    before = state_of(house)
    confirmed = post(sids, confirm, by="age", value="２")

    assert (asked.status_code, asked.headers["location"]) == (303, f"{PAGE}?done=asked")
    assert {(one.status_code, said(one)) for one in wrong} == {
        (422, "This is not how many examinations it is; look again.")
    }
    assert (before, confirmed.status_code, state_of(house)) == (["asked"], 303, ["confirmed"])
