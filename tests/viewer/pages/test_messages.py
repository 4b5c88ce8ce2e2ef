"""/office/messages: what failed and why, sent again and given up, with nobody's number on the page."""

from __future__ import annotations

from dataclasses import replace

from reading.kinds import Role
from reading.messages import addressing, queue
from reading.messages.queue import Due
from reading.messages.routes import Audience
from storage.database import transaction
from tests.reading.messages.scene import MOBILE, patient_with, released
from tests.reading.region import KEYS
from tests.viewer.house import House
from tests.viewer.pages.office import administrator_of, post, sam, submit

PAGE = "/office/messages"


def _failed(house: House) -> Due:
    with transaction(house.engine) as tx:
        patient_with(tx, house.now)
        released(tx, house.clinic, house.now)
        addressing.address(tx, KEYS, [Audience.PATIENT], house.now)
        due = queue.claim(tx, KEYS, house.now)
        assert due is not None
        queue.failed(tx, due, "not_let_in", house.now, for_good=True, away=False)
    return due


def test_what_failed_is_shown_with_the_reason_sent_again_and_given_up(house: House) -> None:
    due = _failed(house)
    client = sam(house)
    failed = client.get(PAGE)
    retried = submit(client, PAGE, f"{PAGE}/{due.id}/retry")
    waiting = client.get(f"{PAGE}?tab=waiting").text
    given_up = submit(client, f"{PAGE}?tab=waiting", f"{PAGE}/{due.id}/give-up")
    over = client.get(f"{PAGE}?tab=over").text
    again = post(client, f"{PAGE}/{due.id}/retry")

    assert "wrong name, password or signature" in failed.text
    assert '<span class="count">1<span class="hidden-to-eyes">' in failed.text  # the rail
    assert all(said not in failed.text for said in (MOBILE, "Pia", due.event.subject_id))
    assert (retried.status_code, given_up.status_code, again.status_code) == (303, 303, 409)
    assert due.id in waiting
    assert "given up" in over
    assert client.get(f"{PAGE}?tab=anything").status_code == 200


def test_who_keeps_another_county_sees_nothing_of_it(house: House) -> None:
    due = _failed(house)
    client = administrator_of(house, "elsa", house.clinic.region.elm, Role.SYSTEM_ADMINISTRATOR)

    assert "No message failed" in client.get(PAGE).text
    assert post(client, f"{PAGE}/{due.id}/give-up").status_code == 404


def test_the_page_says_that_nothing_is_sent_until_a_gateway_is_set(house: House) -> None:
    client = sam(house)
    house.app.state.office = replace(house.office, gateways={Audience.PATIENT: "folder", Audience.STAFF: "sms"})
    folder = client.get(PAGE).text
    house.app.state.office = replace(house.office, gateways={Audience.PATIENT: "sms", Audience.STAFF: "sms"})
    set_up = client.get(PAGE).text

    assert "nothing is sent" in folder
    assert "No gateway is set for: Patients." in folder
    assert "No gateway is set" not in set_up
