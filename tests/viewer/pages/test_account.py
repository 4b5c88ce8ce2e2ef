"""One's own account: roles, sessions that one ends, the password inside the frame, and whom to call."""

from __future__ import annotations

import re
from datetime import timedelta

from reading.alerts import duty
from reading.audit import events_about
from reading.context import Context
from reading.kinds import Role
from storage.database import snapshot, transaction
from tests.reading.region import hire
from tests.viewer.house import PASSWORD, House, give_password

HANDLE = re.compile(r'name="handle" value="([0-9a-f]{32})"')


def test_a_session_that_one_does_not_know_is_seen_and_ended_and_the_others_go_on(house: House) -> None:
    stranger = house.signed_in("tang")
    house.now += timedelta(minutes=5)
    here, phone, other = (house.signed_in("tang") for _ in range(3))
    token = {"csrf_token": here.headers["X-CSRF-Token"]}

    page = here.get("/account").text
    row = next(row for row in page.split("<tr>") if "<span>16:00" in row)
    handle = HANDLE.findall(row)[0]
    over = here.post("/account/sessions/end", data={**token, "handle": handle})
    again = here.post("/account/sessions/end", data={**token, "handle": handle})
    mona = house.signed_in("mona")
    others = HANDLE.findall(here.get("/account").text)[0]
    theirs = mona.post("/account/sessions/end", data={"csrf_token": mona.headers["X-CSRF-Token"], "handle": others})

    assert len(HANDLE.findall(page)) == 3  # one's own has no button
    assert over.headers["location"] == "/account?done=ended"
    assert (again.status_code, theirs.status_code) == (404, 404)
    assert stranger.get("/api/session").status_code == 401
    assert phone.get("/account").status_code == 200
    assert here.post("/account/sessions/end-others", data=token).headers["location"] == "/account?done=others"
    assert [one.get("/api/session").status_code for one in (here, phone, other)] == [200, 401, 401]
    with snapshot(house.engine) as tx:
        events = events_about(tx, "person", house.clinic.tang.person_id)
    ended = [one.details for one in events if one.action == "session.end"]
    assert len(ended) == 2
    assert {"sessions": 2} in ended


def test_a_session_that_has_run_out_is_no_longer_listed(house: House) -> None:
    house.signed_in("tang")
    house.now += timedelta(minutes=31)
    here = house.signed_in("tang")

    assert HANDLE.findall(here.get("/account").text) == []


def test_the_password_is_changed_inside_the_frame_and_a_wrong_one_is_said_there(house: House) -> None:
    tang = house.signed_in("tang")
    typed = {"csrf_token": tang.headers["X-CSRF-Token"], "new": "a-long-password-1", "again": "a-long-password-1"}

    wrong = tang.post("/account/password", data={**typed, "current": "no"})
    changed = tang.post("/account/password", data={**typed, "current": PASSWORD})

    assert 'class="rail"' in tang.get("/account/password").text
    assert (wrong.status_code, 'class="rail"' in wrong.text) == (401, True)
    assert "密码不正确" in wrong.text
    assert "用户名或密码" not in wrong.text
    assert changed.headers["location"] == "/account?done=password"
    assert "密码已修改" in tang.get(changed.headers["location"]).text


def test_the_page_of_help_names_who_is_on_duty_who_manages_quality_and_who_administers(house: House) -> None:
    with transaction(house.engine) as tx:
        region = house.clinic.region
        hire(tx, "sid", house.now, (Role.SYSTEM_ADMINISTRATOR, region.city))
        tang = Context(tx, house.clinic.audit, house.now, house.clinic.tang)
        duty.add(tang, organisation_code="hills", username="tang", role=Role.TECHNICIAN, telephone="0731-55")

    page = house.signed_in("tang").get("/account/help").text

    assert [name in page for name in ("0731-55", "Mona", "Sid", "Quinn")] == [True, True, True, False]


def test_whoever_holds_no_role_is_led_to_their_account_which_says_so(house: House) -> None:
    with transaction(house.engine) as tx:
        give_password(tx, hire(tx, "noa", house.now))
    noa = house.client()

    opened = noa.post("/sign-in", data={"username": "noa", "password": PASSWORD})

    assert opened.headers["location"] == "/account"
    assert "目前没有任何角色" in noa.get("/account").text
