"""What is served around the pages: static files, their caching, and the warning at an address without TLS."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tests import loopback
from tests.viewer.house import PASSWORD, House
from viewer.app import IMMUTABLE, StaticAssets, mount
from viewer.folders import STATIC


@pytest.fixture
def built(tmp_path: Path) -> Iterator[httpx.Client]:
    """A build with a compressed copy of one file, and none of another."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "desk.js").write_bytes(b"desk()" * 100)
    (tmp_path / "assets" / "desk.js.gz").write_bytes(gzip.compress(b"desk()" * 100))
    (tmp_path / "assets" / "small.css").write_bytes(b"a{}")
    app = FastAPI()
    app.mount("/app", StaticAssets(directory=tmp_path))
    with loopback.listening(app) as address, loopback.client(address) as client:
        yield client


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("br, gzip", "gzip"), ("GZIP", "gzip"), ("identity", None), ("", None), ("br", None), ("gzip;q=0", None)],
)
def test_a_script_comes_compressed_to_those_who_take_it(
    built: httpx.Client, accepted: str, encoding: str | None
) -> None:
    answer = built.get("/app/assets/desk.js", headers={"Accept-Encoding": accepted})

    assert answer.content == b"desk()" * 100
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert (answer.headers["cache-control"], answer.headers["vary"]) == (IMMUTABLE, "Accept-Encoding")


def test_a_file_without_a_compressed_copy_comes_as_it_is(built: httpx.Client) -> None:
    answer = built.get("/app/assets/small.css", headers={"Accept-Encoding": "br, gzip"})

    assert (answer.content, answer.headers.get("content-encoding")) == (b"a{}", None)
    assert built.get("/app/assets/nothing.css", headers={"Accept-Encoding": "br, gzip"}).status_code == 404


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


def test_without_a_built_web_app_a_page_says_what_to_do(house: House, tmp_path: Path) -> None:
    app = FastAPI()
    mount(app, replace(house.office, web_app=tmp_path))

    with loopback.listening(app) as address, loopback.client(address) as client:
        answer = client.get("/")

    assert answer.status_code == 503
    assert "make web" in answer.text
    assert 'href="/t"' in answer.text


def test_every_style_sheet_closes_what_it_opens() -> None:
    # The rules behind an unclosed one hold in its place alone, and nothing says so.
    sheets = {path.name: path.read_text("utf-8") for path in STATIC.glob("*.css")}

    assert sheets
    assert {name: sheet.count("{") - sheet.count("}") for name, sheet in sheets.items()} == dict.fromkeys(sheets, 0)
