"""/office/roster: a week is looked at, added to, moved about by form and by dragging, and imported with a preview."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import httpx
import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from reading.audit import SYSTEM
from reading.cases.moves import Step
from reading.context import Context
from reading.kinds import Role
from reading.roster import slots
from reading.tables import roster_slot
from storage.database import snapshot, transaction
from tests.browser import DESK, chromium
from tests.passwords import quick_hash
from tests.reading.region import hire
from tests.viewer.house import PASSWORD, House

ROSTER = "/office/roster"


@pytest.fixture
def head(house: House) -> httpx.Client:
    """Hans manages the quality of Oak county, and reads English."""
    with transaction(house.engine) as tx:
        hire(tx, "hans", house.now, (Role.QUALITY_MANAGER, house.clinic.region.oak), password_hash=quick_hash(PASSWORD))
    client = house.signed_in("hans")
    client.cookies.set("tierread_language", "en")
    return client


def _send(client: httpx.Client, address: str, **typed: str) -> httpx.Response:
    typed = {"csrf_token": client.headers["X-CSRF-Token"], "org": "oak", **typed}
    return client.post(f"{ROSTER}{address}", data=typed)


def _slots(house: House) -> list[tuple[object, object]]:
    with snapshot(house.engine) as tx:
        rows = tx.execute(
            sa.select(roster_slot).where(roster_slot.c.until > roster_slot.c.since).order_by(roster_slot.c.since)
        )
        return [(row.since, row.until) for row in rows]


def test_a_week_is_kept_by_forms_and_seen_by_those_who_work_there(house: House, head: httpx.Client) -> None:
    tomorrow = house.now.date() + timedelta(days=1)
    night = {"who": "ada", "step": "read", "day": tomorrow.isoformat(), "begins": "20:00", "ends": "08:00"}
    added = _send(head, "", **night)
    again = _send(head, "", **night)
    page = head.get(ROSTER, params={"org": "oak", "day": tomorrow.isoformat()}).text
    slot_id = page.split('name="slot_id" value="')[1][:26]
    later = (tomorrow + timedelta(days=1)).isoformat()
    moved = _send(head, "/move", slot_id=slot_id, who="rosa", day=later, begins="08:00", ends="17:00")
    after = _slots(house)
    standing = head.get(ROSTER, params={"org": "oak", "day": later}).text.split('name="slot_id" value="')[1][:26]
    reader = house.signed_in("ada")
    seen = reader.get(ROSTER, params={"org": "oak", "day": later})
    refused = _send(reader, "/end", slot_id=standing)

    assert (added.status_code, again.status_code, moved.status_code) == (303, 422, 303)
    assert "in a slot at some of that time" in again.text
    assert f'type="date" required value="{tomorrow.isoformat()}"' in again.text  # what was typed stands there again
    assert 'type="time" required value="20:00"' in again.text
    assert [until - since for since, until in after] == [timedelta(hours=9)]  # type: ignore[operator]
    assert seen.status_code == 200
    assert "08:00–17:00" in seen.text
    assert 'action="/office/roster/move"' not in seen.text
    assert refused.status_code in {403, 404}


def test_readers_are_not_told_how_many_cases_those_beside_them_have(house: House, head: httpx.Client) -> None:
    with transaction(house.engine) as tx:
        slots.add(
            Context(tx, house.clinic.audit, house.now, SYSTEM),
            organisation_code="oak",
            username="ada",
            step=Step.READ,
            since=None,
            until=house.now + timedelta(hours=1),
        )
    told = {}
    for name, client in {"hans": head, "ada": house.signed_in("ada"), "rosa": house.signed_in("rosa")}.items():
        client.cookies.set("tierread_language", "en")
        told[name] = "· 0 open" in client.get(ROSTER, params={"org": "oak"}).text

    assert told == {"hans": True, "ada": True, "rosa": False}


def test_a_table_is_previewed_with_its_errors_by_line_and_saved_whole_or_not(house: House, head: httpx.Client) -> None:
    day = (house.now + timedelta(days=1)).date().isoformat()
    wrong = "\n".join(
        [
            f"ada,报告,{day} 08:00,17:00",
            f"ada,read,{day} 16:00,18:00",
            f"nobody,read,{day} 08:00,17:00",
            "rosa,read,x,17:00",
            "rosa,read",
            f"rosa,read,{day} 08:00,17:00+05:00",
        ]
    )
    bad = _send(head, "/import", lines=wrong, act="save")
    nothing = _slots(house)
    right = f"用户名，岗位，开始，结束\n\nada，报告，{day} 08：00，17:00\nrosa;read;{day} 20:00;08:00"
    preview = _send(head, "/import", lines=right, act="preview")
    still = _slots(house)
    saved = _send(head, "/import", lines=right, act="save")

    assert bad.status_code == 422
    lines = [part.split("</li>")[0] for part in unescape(bad.text).split("<li><p><strong>Line ")[1:]]
    assert ["tag danger" in line for line in lines] == [False, True, True, True, True, True]
    assert nothing == still == []
    assert (preview.status_code, saved.status_code) == (200, 303)
    assert "Save all" in preview.text
    assert len(_slots(house)) == 2


def test_skills_absences_and_limits_are_kept_beside_the_week(house: House, head: httpx.Client) -> None:
    answers = [
        _send(head, "/skill", who="ada", kind="modality", skill="mg"),
        _send(head, "/absence", who="ada", kind="leave"),
        _send(head, "/limit", who="ada", most="4"),
        _send(head, "/limit", who="ada", most="x"),
        _send(head, "/skill", who="ada", kind="modality", skill="MG"),
    ]
    page = head.get(ROSTER).text
    ends = [
        _send(head, "/skill/end", skill_id=page.split('name="skill_id" value="')[1][:26]),
        _send(head, "/absence/end", absence_id=page.split('name="absence_id" value="')[1][:26]),
        _send(head, "/limit", who="ada", most=""),
    ]

    assert [one.status_code for one in answers] == [303, 303, 303, 422, 422]
    assert ">MG</span>" in page
    assert '<span class="tag warning">leave</span>' in page.lower().split("<tbody>")[1]
    assert 'value="4"' in page
    assert [one.status_code for one in ends] == [303, 303, 303]
    assert ">MG</span>" not in head.get(ROSTER).text
    assert head.get(ROSTER, params={"org": "elm"}).status_code == 404


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_slot_is_dragged_to_another_day_and_person(house: House, head: httpx.Client) -> None:
    monday = house.now.date() + timedelta(days=7 - house.now.weekday())
    day, later = monday.isoformat(), (monday + timedelta(days=2)).isoformat()
    _send(head, "", who="ada", step="read", day=day, begins="08:00", ends="17:00")
    with chromium() as browser, browser.new_context(base_url=house.origin, viewport=DESK) as context:  # type: ignore[arg-type]
        context.add_cookies(
            [{"name": name, "value": value, "url": house.origin} for name, value in head.cookies.items()]
        )
        page = context.new_page()
        page.goto(f"{ROSTER}?org=oak&day={day}")
        target = page.locator(f'tr[data-who="rosa"] td[data-day="{later}"]')
        page.locator("details.slot > summary").drag_to(target)

        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        expect(page.locator(f'tr[data-who="rosa"] td[data-day="{later}"] details.slot')).to_contain_text("08:00–17:00")
    moved = [(since, until) for since, until in _slots(house)]

    assert [until - since for since, until in moved] == [timedelta(hours=9)]  # type: ignore[operator]
