"""The system administrator of the tests: Sam, of the region; and how his forms are sent."""

from __future__ import annotations

import re
from html import unescape

import httpx

from reading.kinds import Level, Role
from reading.register import organisations
from reading.register.organisations import Organisation
from storage.database import transaction
from tests.passwords import quick_hash
from tests.reading.region import hire
from tests.viewer.house import PASSWORD, House

OFFICE = "/office"


def sam(house: House) -> httpx.Client:
    """Signed in, and reading English."""
    with transaction(house.engine) as tx:
        region = organisations.add(tx, code="region", name="The region", level=Level.REGION, now=house.now)
        hire(tx, "sam", house.now, (Role.SYSTEM_ADMINISTRATOR, region), password_hash=quick_hash(PASSWORD))
    return english(house.signed_in("sam"))


def administrator_of(house: House, username: str, place: Organisation, role: Role) -> httpx.Client:
    with transaction(house.engine) as tx:
        hire(tx, username, house.now, (role, place), password_hash=quick_hash(PASSWORD))
    return english(house.signed_in(username))


def english(client: httpx.Client) -> httpx.Client:
    client.cookies.set("tierread_language", "en")
    return client


def submit(client: httpx.Client, page: str, action: str, **typed: str) -> httpx.Response:
    """Send the form of a page that goes to ``action`` as a browser does, with its hidden fields."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', client.get(page).text, re.DOTALL)
    assert form is not None, f"{page} has no form for {action}"
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0])
    return client.post(action, data={name: unescape(value) for name, value in hidden} | typed)


def post(client: httpx.Client, action: str, **typed: str) -> httpx.Response:
    """A request as no page makes it: its token alone."""
    return client.post(action, data={"csrf_token": client.headers["X-CSRF-Token"], **typed})


def said(answer: httpx.Response) -> str:
    """What a refusal says to people."""
    found = re.search(r'role="alert">(.*?)<', answer.text)
    return "" if found is None else unescape(found[1])
