"""The register of devices on the page and by the API: who sees it, what it says, and what may be changed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from reading.kinds import DeviceRight, Role
from reading.register import device_contacts, device_rights, devices
from reading.register.device_contacts import Activity, Call
from reading.register.devices import Device
from reading.tables import audit_event
from storage.database import snapshot, transaction
from tests import certificates
from tests.passwords import quick_hash
from tests.reading.clinic import Clinic
from tests.reading.region import hire
from tests.viewer.house import PASSWORD, House

SITE = {"ae_title": "CT1", "site": "hills", "network": "10.1.2.9"}


def device(house: House, title: str = "DR1", **known: object) -> Device:
    entry = {"network": "10.1.2.3", "port": None, "issuer": "HILLS", "site_id": house.clinic.region.hills.id}
    with transaction(house.engine) as tx:
        return devices.add(tx, ae_title=title, now=house.now, **(entry | known))  # type: ignore[arg-type]


def keeper(house: House) -> None:
    """Kira administers Oak county's systems."""
    clinic: Clinic = house.clinic
    with transaction(house.engine) as tx:
        hire(tx, "kira", house.now, (Role.SYSTEM_ADMINISTRATOR, clinic.region.oak), password_hash=quick_hash(PASSWORD))


def test_the_page_says_what_was_refused_and_what_to_do(house: House) -> None:
    keeper(house)
    one = device(house)
    news = Activity(refused_at=house.now, refusal="wrong_called_title", refused_called="ANOTHER", refusals=3)
    call = Call(
        ae_title="CT1",
        address="10.1.2.9",
        reason="unknown_title",
        device_id=None,
        calls=2,
        first_at=house.now,
        last_at=house.now,
    )
    with transaction(house.engine) as tx:
        device_contacts.note(tx, {one.id: news}, house.now)
        device_contacts.note_calls(tx, [call])
    kira = house.signed_in("kira")
    kira.cookies.set("tierread_language", "en")
    page = kira.get("/office/devices")

    assert page.status_code == 200
    assert "The device calls us ANOTHER instead of TIERREAD" in page.text
    assert "Change Called AE Title on the device to TIERREAD" in page.text
    assert "A device called CT1 at 10.1.2.9 was refused" in page.text
    assert "No device of this title is registered" in page.text
    form = kira.get(_href(page.text, "/office/devices/new?call="))
    assert 'value="CT1"' in form.text
    assert 'value="10.1.2.9"' in form.text


def _href(text: str, start: str) -> str:
    return start + text.split(f'href="{start}', 1)[1].split('"', 1)[0]


def test_who_sees_what(house: House) -> None:
    keeper(house)
    device(house)
    device(house, "DR_ELM", site_id=house.clinic.region.moor.id)
    seen = {
        name: [each["ae_title"] for each in house.signed_in(name).get("/api/devices").json()["devices"]]
        for name in ("kira", "mona", "tang", "ada", "quinn")
    }

    assert seen == {"kira": ["DR1"], "mona": ["DR1"], "tang": ["DR1"], "ada": [], "quinn": ["DR_ELM"]}
    tang = house.signed_in("tang")
    assert "DR1" in tang.get("/t/devices").text
    assert tang.get("/office/devices").status_code == 404
    assert tang.get("/office/devices/new").status_code == 404
    assert house.signed_in("mona").get("/office/devices").status_code == 200
    assert house.signed_in("mona").get("/office/devices/new").status_code == 404


def test_a_device_is_registered_changed_and_ended_on_record(house: House) -> None:
    keeper(house)
    kira = house.signed_in("kira")
    made = kira.post("/api/devices", json=SITE).json()
    put = {"network": "10.1.2.0/24", "port": 104, "character_set": "GB18030", "tls_required": True, "revision": 1}
    changed = kira.put(f"/api/devices/{made['id']}", json=put).json()
    stale = kira.put(f"/api/devices/{made['id']}", json=put)
    wrong = kira.post("/api/devices", json={**SITE, "network": "hills"})
    elsewhere = kira.post("/api/devices", json={**SITE, "site": "moor"})
    ended = kira.post(f"/api/devices/{made['id']}/end", json={"revision": 2})
    with snapshot(house.engine) as tx:
        asked = sa.select(audit_event.c.action).where(audit_event.c.subject_kind == "device")
        actions = list(tx.scalars(asked.order_by(audit_event.c.number)))

    assert (made["issuer"], made["last_day"]["stored"]) == ("hills", 0)
    assert (changed["network"], changed["port"], changed["tls_required"], changed["issuer"]) == (
        "10.1.2.0/24",
        104,
        True,
        "hills",
    )
    assert (stale.status_code, wrong.status_code, elsewhere.status_code, ended.status_code) == (409, 422, 404, 204)
    assert sorted(actions) == ["device.add", "device.change", "device.end"]


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(house: House) -> None:
    keeper(house)
    kira = house.signed_in("kira")
    kira.cookies.set("tierread_language", "en")
    typed = {**SITE, "csrf_token": kira.headers["X-CSRF-Token"]}
    for wrong, words in (
        ({"network": "here"}, "Enter an address or a network"),
        ({"port": "many"}, "A port is a number"),
        ({"certificate": "nothing"}, "not a certificate in PEM"),
        ({"network": "0.0.0.0/0"}, "must be bound to a certificate"),
    ):
        answer = kira.post("/office/devices/new", data={**typed, **wrong})
        assert answer.status_code == 422
        assert words in answer.text
        assert 'value="CT1"' in answer.text
    many = kira.post(
        "/office/devices/new", data={**typed, "ae_title": "A\\B", "network": "here", "port": "many", "host": "no one"}
    )
    told = ("Enter an address or a network", "A port is a number")
    assert [one in many.text for one in told] == [True, True]
    assert many.text.count('aria-invalid="true"') == 4


def test_the_form_registers_binds_and_unbinds(house: House, tmp_path: Path) -> None:
    keeper(house)
    kira = house.signed_in("kira")
    own = certificates.make(tmp_path, "own")
    token = {"csrf_token": kira.headers["X-CSRF-Token"]}
    bound = {**SITE, **token, "certificate": own.certificate.read_text(), "port": "104"}
    added = kira.post("/office/devices/new", data=bound)
    one = kira.get("/api/devices").json()["devices"][0]
    kept = {**token, "network": "10.1.2.9", "port": "104", "revision": "1"}
    kira.post(f"/office/devices/{one['id']}", data=kept)
    after = kira.get("/api/devices").json()["devices"][0]
    kira.post(f"/office/devices/{one['id']}", data={**kept, "revision": "2", "no_certificate": "1"})
    unbound = kira.get("/api/devices").json()["devices"][0]
    kira.post(f"/office/devices/{one['id']}/end", data={**token, "revision": "3"})

    assert added.headers["location"] == "/office/devices?done=added"
    assert one["certificate_sha256"] == after["certificate_sha256"] == own.digest.hex()
    assert unbound["certificate_sha256"] is None
    assert kira.get("/api/devices").json()["devices"] == []


def test_a_quality_manager_gives_with_one_click_what_a_device_asked_for(house: House) -> None:
    keeper(house)
    one = device(house)
    with transaction(house.engine) as tx:
        hire(tx, "mia", house.now, (Role.QUALITY_MANAGER, house.clinic.region.oak), password_hash=quick_hash(PASSWORD))
        device_rights.note_lack(tx, one.id, {DeviceRight.QUERY}, house.now)
    mia, kira = house.signed_in("mia"), house.signed_in("kira")
    address = f"/office/devices/{one.id}/rights"
    for client in (mia, kira):
        client.cookies.set("tierread_language", "en")
        assert "Was refused for lack of a right: Query" in client.get("/office/devices").text
        assert "asked for on" in client.get(address).text
    assert "allowed by a quality manager of this site or above it" in kira.get(address).text
    sent = {"csrf_token": kira.headers["X-CSRF-Token"], "revision": "1", "may": ["store", "query"]}
    refused = kira.post(address, data=sent)
    given = mia.post(address, data=sent | {"csrf_token": mia.headers["X-CSRF-Token"]})
    stale = mia.post(address, data=sent | {"csrf_token": mia.headers["X-CSRF-Token"]})

    assert refused.status_code == 422
    assert "Only a quality manager of this site" in refused.text
    assert (given.status_code, given.headers["location"]) == (303, "/office/devices?done=rights")
    assert stale.status_code == 422
    with snapshot(house.engine) as tx:
        assert device_rights.of(tx, one.id, house.now) == {DeviceRight.STORE, DeviceRight.QUERY}
    assert "Was refused for lack of a right" not in mia.get("/office/devices").text
    assert "given " in mia.get(address).text


def test_nobody_elses_devices_rights_are_shown(house: House) -> None:
    foreign = device(house, site_id=house.clinic.region.moor.id)
    keeper(house)
    for username in ("kira", "tang", "ada"):
        client = house.signed_in(username)
        theirs, nothing = (
            client.get(f"/office/devices/{each}/rights") for each in (foreign.id, "01KNOTHING0000000000000000")
        )
        assert (theirs.status_code, nothing.status_code) == (404, 404)


def test_a_token_that_ends_soon_is_pointed_out(house: House) -> None:
    keeper(house)
    for title, days in (("DR1", 10), ("DR2", 100)):
        one = device(house, title)
        with transaction(house.engine) as tx:
            devices.make_token(tx, one.id, house.now, until=house.now + timedelta(days=days))

    assert house.signed_in("kira").get("/office/devices").text.count("到期") == 1
