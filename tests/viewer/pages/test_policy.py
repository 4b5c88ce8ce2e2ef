"""/office/policy: a manager writes a version, is told every error, tries it, compares it, and switches it on."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape

import httpx
import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from reading.kinds import Priority, Role
from reading.register import region_clock
from reading.rules import policy, trial
from reading.rules.shipped_policies import shipped
from reading.tables import organisation
from storage.database import snapshot, transaction
from tests.browser import DESK, chromium
from tests.builders import image, part10
from tests.passwords import quick_hash
from tests.reading.region import hire
from tests.viewer.house import PASSWORD, House

OFFICE = "/office/policy"
BEYOND = (("until", "9999-12-31"), ("since", "0001-01-01"))
"""Days whose neighbours no clock or database has."""


@pytest.fixture
def manager(house: House) -> httpx.Client:
    """Mona manages the quality of the whole region, and reads English."""
    with transaction(house.engine) as tx:
        city = house.clinic.region.city
        hire(tx, "mona2", house.now, (Role.QUALITY_MANAGER, city), password_hash=quick_hash(PASSWORD))
    client = house.signed_in("mona2")
    client.cookies.set("tierread_language", "en")
    return client


def _send(client: httpx.Client, address: str, **typed: str) -> httpx.Response:
    return client.post(address, data={"csrf_token": client.headers["X-CSRF-Token"], **typed})


def _form_of(page: str) -> dict[str, str | list[str]]:
    """The fields of the editor's form as a browser would send them back."""
    typed: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name = re.search(r'\bname="([^"]*)"', tag)
        if name is None or ("checkbox" in tag and " checked" not in tag):
            continue
        value = re.search(r'\bvalue="([^"]*)"', tag)
        typed.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        assert chosen is not None
        typed.setdefault(name, []).append(chosen[1])
    return dict(typed)


def test_a_version_is_written_as_a_form_and_switched_on(house: House, manager: httpx.Client) -> None:
    editor = manager.get(f"{OFFICE}/new", params={"start": "green-channel"})
    typed = _form_of(editor.text)
    wrong = manager.post(f"{OFFICE}/new", data={**typed, "act": "save", "due_minutes": ["x"] * 11})
    saved = manager.post(f"{OFFICE}/new", data={**typed, "act": "save", "note": "绿色通道"})
    compared = manager.get(f"{OFFICE}/compare", params={"before": 1, "after": 2})
    tomorrow = (house.now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    sure = {"over": "1", "sure": "1"}
    asked = manager.get(f"{OFFICE}/version/2/switch", params={"at": tomorrow}).text
    unsure = _send(manager, f"{OFFICE}/version/2/switch", over="1")
    overtaken = _send(manager, f"{OFFICE}/version/2/switch", over="2", sure="1")
    past = _send(manager, f"{OFFICE}/version/2/switch", at="2020-01-01T08:00", **sure)
    ahead = _send(manager, f"{OFFICE}/version/2/switch", at=tomorrow, **sure)
    taken_back = re.search(rf'action="({OFFICE}/switch/\w+/cancel)"', manager.get(OFFICE).text)
    assert taken_back is not None
    cancelled = _send(manager, taken_back[1])
    now = _send(manager, f"{OFFICE}/version/2/switch", **sure)

    assert editor.status_code == 200
    assert wrong.status_code == 422
    assert "rules[0].due_minutes (green-stroke)</code> has to be a whole number" in wrong.text
    assert wrong.text.count('<details class="card rule" open') == 11
    assert editor.text.count('<details class="card rule" open') == 0
    assert saved.headers["location"] == f"{OFFICE}/version/2?done=added"
    assert "green-chest-pain" in compared.text
    assert all(said in asked for said in ("green-chest-pain", tomorrow.replace("T", " "), 'name="over" value="1"'))
    assert "at once" in manager.get(f"{OFFICE}/version/2/switch").text
    assert [one.status_code for one in (unsure, overtaken)] == [422, 409]
    assert "more than a year ahead" in past.text
    assert [one.status_code for one in (past, ahead, cancelled, now)] == [422, 303, 303, 303]
    with snapshot(house.engine) as tx:
        assert policy.in_force(tx, house.now).version == 2
        assert policy.version(tx, 2).note == "绿色通道"


def test_a_document_is_checked_before_it_is_kept(manager: httpx.Client) -> None:
    document = json.dumps(shipped("dr"), ensure_ascii=False)
    typed = {"seen": "1", "act": "check"}
    good = _send(manager, f"{OFFICE}/new/document", document=document, **typed)
    broken = _send(manager, f"{OFFICE}/new/document", document=document[:-1], **typed)
    wrong = _send(manager, f"{OFFICE}/new/document", document=document.replace("county", "moon"), **typed)
    saved = _send(manager, f"{OFFICE}/new/document", document=document, seen="1", act="save")
    overtaken = _send(manager, f"{OFFICE}/new/document", document=document, seen="1", act="save")
    moved = _send(manager, f"{OFFICE}/new/document", document="[]", seen="1", act="up:0")
    digits = _send(manager, f"{OFFICE}/new/document", document="9" * 4301, **typed)

    assert "No errors, 10 rules" in good.text
    assert "is no JSON document (line 1)" in broken.text
    assert wrong.text.count("has to be &#39;county&#39; / &#39;city&#39;") == 9
    assert [one.status_code for one in (good, broken, wrong, saved, overtaken)] == [200, 422, 422, 303, 409]
    assert [one.status_code for one in (moved, digits)] == [200, 422]


def test_why_is_answered_for_typed_facts_and_for_a_file(house: House, manager: httpx.Client) -> None:
    typed = _send(manager, f"{OFFICE}/why", version="1", modality="ct", priority="urgent", age="70", words="胸痛")
    token = {"csrf_token": manager.headers["X-CSRF-Token"], "version": "1"}
    filed = manager.post(f"{OFFICE}/why/file", data=token, files={"file": ("x.dcm", part10(image(Modality="MR")))})
    refused = manager.post(f"{OFFICE}/why/file", data=token, files={"file": ("x.dcm", b"nothing")})

    assert "Meets rule 5, ct: read by the county, due within 4 h" in typed.text
    assert "Priority has to be Emergency, and is Urgent" in unescape(typed.text)
    assert "Meets rule 8, other" in filed.text
    assert 'value="MR"' in filed.text
    assert (refused.status_code, "no DICOM file" in refused.text) == (422, True)


def test_a_version_is_tried_on_past_cases_which_are_opened_from_there(house: House, manager: httpx.Client) -> None:
    case = house.case("1.1", modality="CT")
    other = house.case("1.2")
    with transaction(house.engine) as tx:
        ct = shipped("first")["rules"][4] | {"name": "ct-at-the-city", "tier": "city"}
        policy.add(
            tx,
            {
                "rules": [
                    ct | {"when": {"modality": ["CT"], "priority": [Priority.ROUTINE.value]}},
                    *shipped("first")["rules"],
                ]
            },
            None,
            house.now,
            version=2,
        )
    tried = _send(manager, f"{OFFICE}/try", version="2")
    beyond = [_send(manager, f"{OFFICE}/try", version="2", **{end: day}) for end, day in BEYOND]
    with trial.TURN:
        busy = _send(manager, f"{OFFICE}/try", version="2")
    linked = manager.get(f"/t/case/{case.id}")
    opened = manager.get(f"{OFFICE}/case/{case.id}")

    assert f"{OFFICE}/case/{case.id}" in linked.text
    assert house.signed_in("ada").get(f"{OFFICE}/case/{case.id}").status_code == 404
    assert [one.status_code for one in (*beyond, busy)] == [422, 422, 503]
    assert "2 cases" in tried.text
    assert "ct → ct-at-the-city" in tried.text
    assert f"{OFFICE}/case/{case.id}" in tried.text
    assert f"{OFFICE}/case/{other.id}" not in tried.text
    assert "Version 1, rule ct" in opened.text
    assert "Pia" not in tried.text + opened.text


def test_days_are_set_one_by_one_and_by_lines(manager: httpx.Client) -> None:
    one = _send(manager, f"{OFFICE}/calendar", day="2026-10-01", kind="holiday", name="国庆节")
    lines = _send(manager, f"{OFFICE}/calendar/import", lines="2026-10-10,working,国庆节调休\n")
    wrong = _send(manager, f"{OFFICE}/calendar/import", lines="2026-10-10,feast,x")
    shown = manager.get(f"{OFFICE}/calendar", params={"year": 2026}).text

    assert [each.status_code for each in (one, lines, wrong)] == [303, 303, 422]
    assert all(text in shown for text in ("2026-10-01", "国庆节", "2026-10-10", "Worked instead"))


def policy_count(house: House) -> int:
    with snapshot(house.engine) as tx:
        return len(policy.versions(tx))


def test_what_no_column_holds_is_refused(house: House, manager: httpx.Client) -> None:
    ada, digits = house.signed_in("ada"), "9" * 25
    document = json.dumps(shipped("dr"))
    answers = [
        manager.get(f"{OFFICE}/new", params={"start": digits}),
        manager.get(f"{OFFICE}/compare", params={"before": digits, "after": "3000000000"}),
        manager.get(f"{OFFICE}/version/{digits}"),
        _send(manager, f"{OFFICE}/version/{digits}/switch", over="1", sure="1"),
        manager.get(f"{OFFICE}/version/{digits}/switch"),
        _send(manager, f"{OFFICE}/why", version="3000000000"),
        _send(manager, f"{OFFICE}/try", version=digits),
        _send(manager, f"{OFFICE}/new/document", document=document, seen=digits, act="save"),
        _send(manager, f"{OFFICE}/new/document", document=document, seen="7", act="save"),
        ada.get("/api/templates/%00"),
        ada.delete("/api/phrases/%00"),
    ]
    no_site = ada.get("/api/cases", params={"site": "\0"})  # to SQLite it is a name like another

    assert {one.status_code for one in answers} <= {404, 409, 422}
    assert no_site.status_code in {200, 404, 422}
    assert policy_count(house) == 1


def test_others_see_less_or_nothing(house: House) -> None:
    mona, ada = house.signed_in("mona"), house.signed_in("ada")

    assert mona.get(OFFICE).status_code == 200
    assert mona.get(f"{OFFICE}/new").status_code == 403
    assert [ada.get(f"{OFFICE}{page}").status_code for page in ("", "/version/1", "/why", "/calendar")] == [404] * 4


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_a_file_that_is_chosen_only_the_head_leaves_the_browser(house: House, manager: httpx.Client) -> None:
    """Given a radiograph larger than a form may send, when a manager chooses it, then its rule is named."""
    token = manager.cookies.get("tierread_session")
    assert token is not None
    large = part10(image(Modality="DX", rows=1024, columns=1024))
    with chromium() as browser, browser.new_context(base_url=house.origin, viewport=DESK) as context:  # type: ignore[arg-type]
        context.add_cookies(
            [
                {"name": "tierread_session", "value": token, "url": house.origin},
                {"name": "tierread_language", "value": "en", "url": house.origin},
            ]
        )
        page = context.new_page()
        sent: list[int] = []
        page.on("request", lambda request: sent.append(len(request.post_data_buffer or b"")))
        page.goto(f"{OFFICE}/why")
        page.set_input_files("#file", files=[{"name": "x.dcm", "mimeType": "application/dicom", "buffer": large}])
        page.click("#file-form button")

        expect(page.locator("section[role=status] h2")).to_contain_text("plain-xray")
        expect(page.locator("#modality")).to_have_value("DX")
        assert max(sent) < 600 * 1024 < len(large)


def test_times_that_belong_to_no_site_are_told_by_the_clock_of_the_region(house: House, manager: httpx.Client) -> None:
    beijing = manager.get(OFFICE).text
    with transaction(house.engine) as tx:
        top = organisation.c.parent_id.is_(None)
        tx.execute(sa.update(organisation).where(top).values(time_zone="Asia/Urumqi"))
        assert region_clock.zone(tx).key == "Asia/Urumqi"
    there = manager.get(OFFICE).text

    assert ("2026-03-02 16:00" in beijing, "2026-03-02 14:00" in there) == (True, True)
