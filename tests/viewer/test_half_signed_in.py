"""Who has shown a password and not the second factor is nobody: every route answers as it answers a stranger."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import timedelta

import httpx
from fastapi.routing import iter_route_contexts

from reading.factors.requirement import Requirement
from reading.kinds import Role
from tests.reading.factors.phone import Phone
from tests.viewer.house import PASSWORD, House
from viewer import app as viewer_app

HALF = ("/sign-in/factor", "/api/session/factor", "/api/session/slip", "/api/session/new-factor")
"""What goes on with a sign-in; the tests below say what it asks."""
TYPED = {"username": "ada", "password": PASSWORD}


def readers_must(house: House) -> None:
    requirement = Requirement(roles=frozenset({Role.READER}))
    house.office = replace(house.office, terms=replace(house.office.terms, requirement=requirement))
    house.app.state.office = house.office


def asked(client: httpx.Client, **more: str) -> dict[str, object]:
    answer = client.post("/api/session", json=TYPED | more)
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/factor-needed"
    client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return answer.json()


def set_up(client: httpx.Client, house: House) -> tuple[Phone, httpx.Response]:
    secret = client.get("/api/session/new-factor").json()["secret"]
    phone = Phone(base64.b32decode(secret))
    return phone, client.post("/api/session/new-factor", json={"name": "Phone", "code": phone.code(house.now)})


def test_no_route_opens_to_half_a_sign_in(house: House) -> None:
    readers_must(house)
    client, stranger = house.client(), house.client()
    asked(client)
    # whatever takes the session's cookie is offered the token of the sign-in that is under way as well
    token, csrf_token = client.cookies["tierread_sign_in"], client.headers["X-CSRF-Token"]
    client.cookies.set("tierread_session", token)
    client.cookies.set("tierread_patient", token)
    differing, walked = [], 0
    for route in iter_route_contexts(viewer_app.routes()):
        for method in sorted((route.methods or set()) - {"HEAD"}):
            path = re.sub(r"\{[^}]+\}", "01KZZZZZZZZZZZZZZZZZZZZZZZ", route.path or "")
            if path.startswith(HALF):
                continue
            walked += 1
            body = {} if path.startswith("/api") and method in {"POST", "PUT"} else None
            mine = client.request(method, path, headers={"Authorization": f"Bearer {token}"}, json=body)
            theirs = stranger.request(method, path, headers={"X-CSRF-Token": csrf_token}, json=body)
            if (mine.status_code, mine.headers.get("location")) != (theirs.status_code, theirs.headers.get("location")):
                differing.append((method, path, mine.status_code, theirs.status_code))

    assert differing == []
    assert walked > 250
    assert client.get("/api/cases").status_code == 401
    assert client.get("/alerts", follow_redirects=False).headers["location"].startswith("/sign-in")


def test_the_api_takes_the_factor_after_the_password_or_with_it(house: House) -> None:
    readers_must(house)
    first = house.client()
    assert asked(first)["needs"] == "enrolment"
    phone, done = set_up(first, house)
    assert (done.status_code, len(done.json()["recovery_codes"])) == (200, 10)
    assert first.get("/api/cases").status_code == 200
    house.now += timedelta(seconds=30)

    second = house.client()
    said = asked(second)
    assert (said["needs"], said["factors"], said["passkey"]) == ("factor", ["totp"], None)
    wrong = second.post("/api/session/factor", json={"code": "000000"})
    assert (wrong.status_code, wrong.json()["type"]) == (401, "/problems/wrong-credentials")
    right = second.post("/api/session/factor", json={"code": phone.code(house.now)})
    assert right.json()["person"]["username"] == "ada"
    assert second.get("/api/cases").status_code == 200
    assert second.post("/api/session/factor", json={"code": "1"}).json()["type"] == "/problems/sign-in-over"
    house.now += timedelta(seconds=30)
    with_it = house.client().post("/api/session", json=TYPED | {"code": phone.code(house.now)})
    assert with_it.status_code == 200


def test_a_step_needs_the_token_of_its_sign_in_and_a_page_of_ours(house: House) -> None:
    readers_must(house)
    client = house.client()
    asked(client)

    for headers in ({"X-CSRF-Token": "guess"}, {"Origin": "https://evil.example"}):
        refused = client.post("/api/session/new-factor", json={"name": "x", "code": "000000"}, headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/csrf")


def test_a_new_role_asks_for_a_factor_of_whoever_is_signed_in(house: House) -> None:
    ada = house.signed_in("ada")
    assert ada.get("/api/cases").status_code == 200
    readers_must(house)

    assert ada.get("/api/cases").status_code == 401
    assert asked(ada)["needs"] == "enrolment"


def form_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def test_the_pages_lead_from_the_password_to_the_first_page(house: House) -> None:
    readers_must(house)
    ada = house.client()
    typed = {"username": "ada", "password": PASSWORD, "next": "/reports"}
    step = ada.post("/sign-in", data=typed).headers["location"]
    assert step == "/sign-in/factor?next=/reports"
    page = ada.get(step).text
    assert "<svg" in page
    secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))
    phone = Phone(base64.b32decode(secret))
    wrong = ada.post("/sign-in/factor/new", data=form_of(page) | {"name": "手机", "code": "000000"})
    assert (wrong.status_code, "验证码不对" in wrong.text) == (422, True)
    done = ada.post("/sign-in/factor/new", data=form_of(page) | {"name": "手机", "code": phone.code(house.now)})
    codes = re.findall(r"<code>([\w-]+)</code>", done.text)
    assert len(codes) == 10
    assert 'href="/reports"' in done.text
    assert ada.get("/reports").status_code == 200

    house.now += timedelta(minutes=1)
    again = house.client()
    shown = again.get(again.post("/sign-in", data=typed).headers["location"]).text
    refused = again.post("/sign-in/factor", data=form_of(shown) | {"code": "000000"})
    assert (refused.status_code, "000000" in refused.text) == (401, False)
    assert "验证码不正确" in refused.text
    told = again.post("/sign-in/factor", data=form_of(shown) | {"code": codes[0]})
    assert told.headers["location"] == "/account/notices?next=/reports"
    notices = again.get(told.headers["location"]).text
    assert "恢复码" in notices
    assert again.post("/account/notices", data=form_of(notices)).headers["location"] == "/reports"
    assert "恢复码做了验证" not in again.get("/account/notices").text


def test_the_account_page_asks_for_a_proof_and_adds_a_second_phone(house: House) -> None:
    readers_must(house)
    ada = house.client()
    asked(ada)
    phone, done = set_up(ada, house)
    ada.headers["X-CSRF-Token"] = done.json()["csrf_token"]
    house.now += timedelta(minutes=6)

    assert ada.get("/account/factors/new").headers["location"] == "/account/proof?next=/account/factors/new"
    proof = ada.get("/account/proof?next=/account/factors/new").text
    mistyped = ada.post("/account/proof", data=form_of(proof) | {"code": "000000"})
    assert (mistyped.status_code, "验证码不正确" in mistyped.text) == (401, True)
    proved = ada.post("/account/proof", data=form_of(proof) | {"code": phone.code(house.now)})
    assert proved.headers["location"] == "/account/factors/new"
    page = ada.get("/account/factors/new").text
    other = Phone(base64.b32decode("".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))))
    assert other.secret != phone.secret
    added = ada.post("/account/factors/new", data=form_of(page) | {"name": "<b>Old</b>", "code": other.code(house.now)})
    assert added.headers["location"] == "/account/factors"
    listed = ada.get("/account/factors").text
    assert "&lt;b&gt;Old&lt;/b&gt;" in listed
    ids = re.findall(r'name="factor" value="(\w+)"', listed)
    assert len(ids) == 2
    ada.post("/account/factors/remove", data=form_of(listed) | {"factor": ids[0]})
    kept = ada.get("/api/account/factors").json()["factors"]
    assert [one["id"] for one in kept] == ids[1:]
    last = ada.delete(f"/api/account/factors/{ids[1]}")
    assert (last.status_code, last.json()["rule"]) == (403, "last_factor_is_required")
