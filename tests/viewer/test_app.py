"""What is served around the pages: static files, their caching, and the warning at an address without TLS."""

from __future__ import annotations

from tests.viewer.house import PASSWORD, House


def test_static_files_are_asked_for_again_and_pages_are_never_kept(house: House) -> None:
    client = house.client()

    style, page = client.get("/static/base.css"), client.get("/p")

    assert (style.status_code, style.headers["cache-control"]) == (200, "no-cache")
    assert page.headers["cache-control"] == "no-store"
    for missing in ("/static/nothing.css", "/static/../guard.py", "/app/nothing.js"):
        assert client.get(missing).status_code == 404


def test_an_address_without_tls_is_named_as_the_reason_why_nobody_stays_signed_in(house: House) -> None:
    client = house.client()
    there = {"Host": "tierread.example"}

    warned = client.get("/sign-in", headers=there).text
    cookie = client.post(
        "/sign-in",
        data={"username": "ada", "password": PASSWORD},
        headers={**there, "Origin": "http://tierread.example"},
    ).headers["set-cookie"]

    assert "请改用 https" in warned
    assert "请改用 https" in client.get("/p", headers=there).text
    assert "请改用 https" not in client.get("/sign-in").text
    assert "Secure" in cookie


def test_a_proxy_that_ends_tls_may_hide_it_from_us(house: House) -> None:
    answer = house.client().post(
        "/api/session",
        json={"username": "ada", "password": PASSWORD},
        headers={"Host": "tierread.example", "Origin": "https://tierread.example"},
    )

    assert answer.status_code == 200
