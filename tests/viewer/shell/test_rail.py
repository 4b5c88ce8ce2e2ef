"""Every way that somebody is shown opens for them, and the frame stays around whatever it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import httpx
from sqlalchemy import event

from reading.kinds import Role
from reading.register.people import ADMINISTRATORS
from storage.database import transaction
from tests.reading.region import hire
from tests.viewer.house import House, give_password
from viewer.shell.navigation import arrival_of, entries_of

CAST = (
    *((role,) for role in Role),
    (Role.READER, Role.TECHNICIAN),
    (Role.VERIFIER, Role.QUALITY_MANAGER),
    (Role.CLINICIAN, Role.REVIEWER),
    tuple(role for role in Role if role not in {*ADMINISTRATORS, Role.RESIDENT}),
)
"""An administrator's role stands alone, and nobody is a resident and a reader at one place."""


def rail(page: httpx.Response) -> list[str]:
    """The addresses in the rail of a page."""
    found = re.search(r'<nav class="rail".*?</nav>', page.text, re.DOTALL)
    assert found, page.text
    return [unescape(one) for one in re.findall(r'href="([^"]+)"', found[0])]


def test_every_way_in_the_rail_opens_for_every_role_and_for_several_together(house: House) -> None:
    with transaction(house.engine) as tx:
        places = (house.clinic.region.oak, house.clinic.region.hills, house.clinic.region.city)
        for number, roles in enumerate(CAST):
            grants = [(role, places[number % 3]) for role in roles]
            give_password(tx, hire(tx, f"n{number}", house.now, *grants))

    for number, roles in enumerate(CAST):
        client = house.signed_in(f"n{number}")
        ways = [one.address for one in entries_of(roles)]
        for address in ways:
            page = client.get(address)
            assert page.status_code == 200, (roles, address)
            if address != "/":  # the web app draws its own
                assert rail(page) == ways
                assert page.text.count('aria-current="page"') >= 1


def test_an_error_keeps_the_frame_of_whoever_is_signed_in_and_leads_to_a_page_of_theirs(house: House) -> None:
    tang, nobody = house.signed_in("tang"), house.client()

    refused, unknown, without = tang.get("/office/devices"), tang.get("/office/nowhere"), nobody.get("/office/nowhere")

    assert (refused.status_code, unknown.status_code, without.status_code) == (404, 404, 404)
    assert rail(refused) == rail(unknown) == rail(tang.get("/t"))
    assert 'class="button primary" href="/t"' in refused.text
    assert 'class="rail"' not in without.text
    assert 'class="rail"' not in tang.get("/p/reports/nowhere").text


def test_a_refusal_asks_who_it_is_for_and_counts_nothing(house: House) -> None:
    tang = house.signed_in("tang")

    with asked(house) as statements:
        tang.get("/t")
    counted = [one for one in statements if "critical_alert" in one]
    with asked(house) as statements:
        refused = tang.get("/office/devices")

    assert refused.status_code == 404
    assert counted
    assert [one for one in statements if "critical_alert" in one] == []
    assert len([one for one in statements if "FROM staff_session" in one]) == 1


@contextmanager
def asked(house: House) -> Iterator[list[str]]:
    """The statements that the service sends to its database until the block ends."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(house.engine, "before_cursor_execute", note)
    yield statements
    event.remove(house.engine, "before_cursor_execute", note)


def test_the_root_of_a_room_leads_everybody_to_a_place_of_theirs(house: House) -> None:
    arrivals = {
        role: [arrival_of(path, {role}) for path in ("/", "/office", "/t", "/quality", "/teaching")]
        for role in (Role.SYSTEM_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR, Role.TECHNICIAN, Role.READER)
    }
    with transaction(house.engine) as tx:
        give_password(tx, hire(tx, "root", house.now, (Role.SYSTEM_ADMINISTRATOR, house.clinic.region.city)))
    tang, root = house.signed_in("tang"), house.signed_in("root")
    led = [root.get(path, follow_redirects=False) for path in ("/", "/office", "/t", "/quality")]

    organisations = "/office/organisations"
    assert arrivals == {
        Role.SYSTEM_ADMINISTRATOR: [organisations] * 5,
        Role.AUDIT_ADMINISTRATOR: ["/office/audit"] * 5,
        Role.TECHNICIAN: ["/", "/t", "/t", "/quality", "/t"],
        Role.READER: ["/", "/office/numbers/mine", "/", "/", "/teaching"],
    }
    assert [(one.status_code, one.headers["location"]) for one in led] == [(303, organisations)] * 4
    assert tang.get("/office", follow_redirects=False).headers["location"] == "/t"
    assert house.client().get("/office", follow_redirects=False).headers["location"] == "/sign-in?next=/office"
