"""A slip is shown once, at the page that it was made for, and no other page of the service is sent it."""

from __future__ import annotations

import base64
import re

import httpx

from tests.reading.factors.phone import Phone
from tests.viewer.house import House
from tests.viewer.pages.office import sam


def post(client: httpx.Client, address: str, **typed: str) -> httpx.Response:
    given = {"csrf_token": client.headers["X-CSRF-Token"], **typed}
    return client.post(address, data=given, follow_redirects=False)


def enrolled(house: House, client: httpx.Client) -> httpx.Response:
    """Somebody sets up a first factor of their own; answers what the form answered."""
    page = client.get("/account/factors/new").text
    phone = Phone(base64.b32decode("".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))))
    return post(client, "/account/factors/new", name="Phone", code=phone.code(house.now))


def test_the_slip_of_a_reset_is_shown_once_and_sent_to_its_page_alone(house: House) -> None:
    enrolled(house, house.signed_in("ada"))
    client = sam(house)

    made = post(client, "/office/factors/reset", username="ada")
    assert (made.status_code, made.headers["location"]) == (303, "/office/factors/slip")
    assert "Path=/office/factors/slip;" in made.headers["set-cookie"]
    slip, again = client.get("/office/factors/slip"), client.get("/office/factors/slip", follow_redirects=True)

    assert re.search(r"[a-z2-9]{5}-[a-z2-9]{5}", slip.text)
    assert "ada" in slip.text
    assert "The slip was shown once" in again.text
    assert not re.search(r">[a-z2-9]{5}-[a-z2-9]{5}<", again.text)


def test_recovery_codes_are_shown_once_after_a_first_factor_and_after_new_ones(house: House) -> None:
    ada = house.signed_in("ada")

    for make in (lambda: enrolled(house, ada), lambda: post(ada, "/account/factors/recovery-codes")):
        made = make()
        assert (made.status_code, made.headers["location"]) == (303, "/account/factors/recovery-codes")
        assert "Path=/account/factors/recovery-codes;" in made.headers["set-cookie"]
        shown, again = ada.get(made.headers["location"]), ada.get(made.headers["location"], follow_redirects=False)
        assert len(set(re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", shown.text))) == 10
        assert again.headers["location"] == "/account/factors?done=codes"
