"""Signing in and out, the first password, the token of every unsafe request, and what never extends a session."""

from __future__ import annotations

import base64
from datetime import timedelta

import httpx
import pytest

from reading.register import password_turns, people
from reading.register.password_turns import PasswordTurns
from storage.database import transaction
from tests.passwords import quick_hash
from tests.reading.clinic import NORMAL
from tests.reading.factors.phone import Phone
from tests.viewer.house import PASSWORD, House

FIRST = "first-password-23"
IDLE = timedelta(minutes=31)


def sign_in(house: House, password: str, username: str = "ada") -> httpx.Response:
    return house.client().post("/api/session", json={"username": username, "password": password})


def give_first_password(house: House) -> None:
    kept = quick_hash(FIRST)
    with transaction(house.engine) as tx:
        people.set_password(tx, house.clinic.tang.person_id, kept, must_change=True)


def test_a_session_tells_who_is_in_and_with_which_roles(house: House) -> None:
    ada = house.signed_in("ada")

    said = ada.get("/api/session").json()

    assert said["person"]["username"] == "ada"
    assert [(grant["role"], grant["organisation"]["code"]) for grant in said["grants"]] == [("reader", "oak")]
    assert said["csrf_token"] == ada.headers["X-CSRF-Token"]
    assert said["must_change_password"] is False


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(house: House) -> None:
    cookie = sign_in(house, PASSWORD).headers["set-cookie"]

    assert cookie.startswith("tierread_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # loopback


def test_a_stranger_and_a_wrong_password_are_answered_alike(house: House) -> None:
    wrong, stranger = sign_in(house, "wrong"), sign_in(house, "wrong", "nobody")

    assert wrong.status_code == stranger.status_code == 401
    assert wrong.headers["content-type"] == "application/problem+json"
    assert wrong.json() == stranger.json()
    assert wrong.json()["type"] == "/problems/wrong-credentials"


def test_the_door_closes_for_a_growing_while_after_failures(house: House) -> None:
    answers = [sign_in(house, "wrong") for _ in range(8)]

    closed = answers[-1]
    assert closed.status_code == 429
    assert int(closed.headers["retry-after"]) == closed.json()["retry_after"] >= 1
    assert sign_in(house, PASSWORD).status_code == 429  # the right one has to wait as well
    house.now += timedelta(minutes=20)
    assert sign_in(house, PASSWORD).status_code == 200


@pytest.mark.parametrize(
    "headers", [{}, {"X-CSRF-Token": "guess"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
def test_an_unsafe_request_needs_the_token_and_a_page_of_ours(house: House, headers: dict[str, str]) -> None:
    ada = house.signed_in("ada")
    if "Origin" not in headers:
        del ada.headers["X-CSRF-Token"]

    answer = ada.post("/api/cases/claim", json={}, headers=headers)

    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/csrf"


def test_nobody_is_signed_in_from_another_site(house: House) -> None:
    answer = house.client().post(
        "/sign-in", data={"username": "ada", "password": PASSWORD}, headers={"Origin": "https://evil.example"}
    )

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_signing_out_ends_the_session_on_the_server(house: House) -> None:
    ada = house.signed_in("ada")
    token = ada.cookies["tierread_session"]

    assert ada.delete("/api/session").status_code == 204

    ada.cookies.set("tierread_session", token)
    assert ada.get("/api/session").status_code == 401


def test_a_session_ends_when_nothing_is_done_and_polling_is_nothing(house: House) -> None:
    tang = house.signed_in("tang")
    for _ in range(4):
        house.now += timedelta(minutes=10)
        tang.get("/t/list")
        tang.get("/t/banners")
        tang.get("/api/cases")

    answer = tang.get("/t/list")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/t/list"


def test_work_keeps_a_session_alive(house: House) -> None:
    tang = house.signed_in("tang")
    for _ in range(4):
        house.now += timedelta(minutes=10)

        assert tang.get("/t").status_code == 200


def test_a_first_password_opens_nothing_but_its_change(house: House) -> None:
    give_first_password(house)
    tang = house.client()
    opened = tang.post("/sign-in", data={"username": "tang", "password": FIRST, "next": "/t"})
    assert opened.headers["location"] == "/account/password?next=/t"

    assert tang.get("/t").headers["location"] == "/account/password?next=/t"
    assert tang.get("/api/cases").json()["type"] == "/problems/password-must-change"
    token = tang.get("/api/session").json()["csrf_token"]
    form = {"csrf_token": token, "current": FIRST, "next": "/t"}
    short = tang.post("/account/password", data={**form, "new": "short", "again": "short"})
    assert (short.status_code, "至少 10 个字符" in short.text) == (422, True)
    differing = tang.post("/account/password", data={**form, "new": "a-long-password-1", "again": "a-long-password-2"})
    assert "两次输入的新密码不一样" in differing.text
    changed = tang.post("/account/password", data={**form, "new": "a-long-password-1", "again": "a-long-password-1"})

    assert changed.headers["location"] == "/t"
    assert tang.get("/t").status_code == 200


def test_people_go_where_their_work_is_and_never_to_another_site(house: House) -> None:
    places = {}
    for username, onward in (("tang", ""), ("ada", ""), ("ada", "https://evil.example"), ("ada", "//evil.example")):
        form = {"username": username, "password": PASSWORD, "next": onward}
        answer = house.client().post("/sign-in", data=form)
        places[username, onward] = answer.headers["location"]

    assert places == {
        ("tang", ""): "/t",
        ("ada", ""): "/",
        ("ada", "https://evil.example"): "/",
        ("ada", "//evil.example"): "/",
    }


def test_a_wrong_password_on_the_page_keeps_the_name_and_never_the_password(house: House) -> None:
    answer = house.client().post("/sign-in", data={"username": "ada", "password": "wr0ng-secret"})

    assert answer.status_code == 401
    assert 'value="ada"' in answer.text
    assert "wr0ng-secret" not in answer.text
    assert "用户名或密码不对" in answer.text


def rested_before_signing(house: House, ada: httpx.Client) -> tuple[str, dict[str, object]]:
    """Ada holds a case and has done nothing for longer than a proof is good; the address and body of her signature."""
    case = house.case("1.2.840.1")
    held = ada.post(f"/api/cases/{case.id}/claim").json()
    house.now += timedelta(minutes=9)
    held["lease"].update(ada.post(f"/api/cases/{case.id}/renew", json={"revision": held["lease"]["revision"]}).json())
    house.now += timedelta(minutes=5)
    return f"/api/cases/{case.id}/sign", {
        "content": NORMAL.to_json(),
        "draft_revision": 0,
        "lease_revision": held["lease"]["revision"],
        "image_set": held["image_set"],
        "shown_series": {"1.2.840.1.1": 1},
    }


def test_signing_after_a_rest_asks_for_the_password_again(house: House) -> None:
    ada = house.signed_in("ada")
    address, body = rested_before_signing(house, ada)

    asked = ada.post(address, json=body)
    assert (asked.status_code, asked.json()["type"]) == (403, "/problems/prove-again")
    assert ada.get("/api/session/proof").json() == {"by": "password", "factors": [], "passkey": None}
    assert ada.post("/api/session/proof", json={"password": "wrong"}).status_code == 401
    assert ada.post("/api/session/proof", json={"password": PASSWORD}).status_code == 200
    signed = ada.post(address, json=body)

    assert signed.status_code == 200
    assert signed.json()["versions"][-1]["signatures"][0]["name"] == "Ada"


def test_with_a_second_factor_a_code_is_the_proof_before_signing(house: House) -> None:
    ada = house.signed_in("ada")
    phone = Phone(base64.b32decode(ada.get("/api/account/factors/new").json()["secret"]))
    added = ada.post("/api/account/factors", json={"name": "Phone", "code": phone.code(house.now)})
    assert added.status_code == 200, added.text
    address, body = rested_before_signing(house, ada)

    assert ada.post(address, json=body).json()["type"] == "/problems/prove-again"
    assert ada.get("/api/session/proof").json() == {"by": "factor", "factors": ["totp"], "passkey": None}
    by_password = ada.post("/api/session/proof", json={"password": PASSWORD})
    assert (by_password.status_code, by_password.json()["rule"]) == (403, "factor_is_the_proof")
    assert ada.post("/api/session/proof", json={"code": "000000"}).status_code == 401
    assert ada.post(address, json=body).json()["type"] == "/problems/prove-again"
    assert ada.post("/api/session/proof", json={"code": phone.code(house.now)}).status_code == 200
    signed = ada.post(address, json=body)

    assert signed.status_code == 200
    assert signed.json()["versions"][-1]["signatures"][0]["name"] == "Ada"


def test_the_language_is_chosen_by_a_switch_and_kept(house: House) -> None:
    client = house.client()
    assert 'lang="zh-CN"' in client.get("/sign-in").text

    switched = client.get("/language", params={"to": "en", "next": "/sign-in"})

    assert switched.headers["location"] == "/sign-in"
    assert "Sign in" in client.get("/sign-in").text
    assert client.get("/api/cases").json()["title"] == "Please sign in"
    assert client.get("/language", params={"to": "en", "next": "//evil.example"}).headers["location"] == "/"


def test_dark_pages_are_chosen_by_a_switch_and_stay_light_for_patients_and_on_paper(house: House) -> None:
    client = house.signed_in("tang")
    before = client.get("/t").text

    switched = client.get("/theme", params={"to": "dark", "next": "/t"})
    after = client.get("/t").text

    assert switched.headers["location"] == "/t"
    assert ('<html lang="zh-CN">' in before, "/theme?to=dark&amp;next=/t" in before) == (True, True)
    assert ('<html lang="zh-CN" class="dark">' in after, "/theme?to=light&amp;next=/t" in after) == (True, True)
    assert '<html lang="zh-CN">' in client.get("/p").text
    assert client.get("/theme", params={"to": "pink"}).status_code == 422
    assert client.get("/theme", params={"to": "light", "next": "//evil.example"}).headers["location"] == "/"


def test_a_browser_that_signed_in_is_known_again(house: House) -> None:
    known = house.client()
    form = {"username": "ada", "password": PASSWORD}
    known.post("/api/session", json=form)
    for _ in range(8):
        sign_in(house, "wrong")

    assert sign_in(house, PASSWORD).status_code == 429
    again = known.post("/api/session", json=form)
    assert again.status_code == 200
    cookie = next(each for each in again.headers.get_list("set-cookie") if each.startswith("tierread_browser="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_too_many_sign_ins_at_once_are_asked_to_wait(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    full = PasswordTurns(waiting=0)
    monkeypatch.setattr(password_turns, "STRANGERS", full)
    with full.turn():
        busy = sign_in(house, PASSWORD)
        on_page = house.client().post("/sign-in", data={"username": "ada", "password": PASSWORD})

    assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    assert (on_page.status_code, "现在使用这项功能的人很多" in on_page.text) == (503, True)
    assert sign_in(house, PASSWORD).status_code == 200


def test_a_weak_password_is_refused_in_words(house: House) -> None:
    ada = house.signed_in("ada")

    for weak, words in (("1234567890", "很多人在用"), ("          ", "5 个不同的字符")):
        refused = ada.post("/api/session/password", json={"current": PASSWORD, "new": weak})
        assert (refused.status_code, words in refused.json()["detail"]) == (422, True)


def test_the_first_answer_after_a_session_ended_by_itself_clears_the_cache_once(house: House) -> None:
    tang, fresh = house.signed_in("tang"), house.client()
    case = house.case("1.2.840.1")
    pia = house.patient_client(case.id)
    alive = tang.get("/t")
    house.now += timedelta(minutes=31)

    first, again = tang.get("/t"), tang.get("/t")
    polled = tang.get("/api/cases")
    page = house.signed_in("tang")
    house.now += timedelta(minutes=31)
    at_the_door, kept = page.get("/sign-in"), page.post("/t/order", data={"reason": "咳嗽三天"})
    patients = [pia.get("/p/reports"), pia.get("/p")]

    def clears(answer: httpx.Response) -> str | None:
        return answer.headers.get("clear-site-data")

    assert [clears(each) for each in (alive, first, again, polled)] == [None, '"cache"', None, None]
    assert [clears(each) for each in (at_the_door, kept)] == ['"cache"', None]
    assert 'name="kept"' in kept.text  # the cookie still names whose it is
    assert [clears(each) for each in patients] == ['"cache"', None]
    assert clears(fresh.get("/t")) is None
