"""/office/statements: either institution sees its lines and disputes them; the top prices and closes."""

from __future__ import annotations

import csv
import re
import zipfile
from datetime import timedelta
from html import unescape
from io import BytesIO, StringIO

import httpx

from reading.kinds import Role
from reading.statements.work import Service
from storage.database import transaction
from tests.reading.clinic import arrive, read
from tests.reading.numbers.test_keeping import keep
from tests.reading.region import hire
from tests.viewer.house import House, give_password

STATEMENTS = "/office/statements"
MARCH = f"{STATEMENTS}/2026-03"


def _plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(page)).split())


def _english(house: House, name: str) -> httpx.Client:
    client = house.signed_in(name)
    client.cookies.set("tierread_language", "en")
    return client


def _post(client: httpx.Client, address: str, **form: str) -> httpx.Response:
    return client.post(address, data={"csrf_token": client.headers["X-CSRF-Token"], **form}, follow_redirects=True)


def _a_month(house: House) -> tuple[list[str], httpx.Client]:
    """Two radiographs of Hills that Ada of Oak read, and whoever keeps statements at the top."""
    clinic, now = house.clinic, house.now
    with transaction(house.engine) as tx:
        made = [arrive(tx, clinic, f"1.2.{number}", now).id for number in range(2)]
        for case_id in made:
            read(tx, clinic, clinic.ada, case_id, now)
        give_password(tx, hire(tx, "mira", now, (Role.QUALITY_MANAGER, clinic.region.city)))
        give_password(tx, hire(tx, "hana", now, (Role.QUALITY_MANAGER, clinic.region.hills)))
    keep(house.engine, now.date())
    return made, _english(house, "mira")


def test_a_month_is_priced_disputed_answered_and_closed(house: House) -> None:
    made, mira = _a_month(house)
    before = _plain(mira.get(MARCH).text)
    table = "hills,oak,报告,DX,,12.50,,2026-01-01,\nhills,oak,x,DX,,1,,2026-01-01,"
    wrong = _post(mira, f"{STATEMENTS}/prices/import", act="save", lines=table)
    added = _post(mira, f"{STATEMENTS}/prices/import", act="save", lines=table.splitlines()[0])
    far = _post(mira, f"{STATEMENTS}/prices/import", act="preview", lines=f"hills,oak,,MR,,1,,{'9' * 30}-01-01,")
    named = _post(mira, f"{STATEMENTS}/prices", price="1", first="2026-01-01", modality="放射")
    assert (named.status_code, "no kind of examination with this code" in named.text) == (422, True)
    same = {"site": "hills", "reader": "oak", "service": "report", "modality": "dr"}
    twice = _post(mira, f"{STATEMENTS}/prices", **same, price="9", first="2026-02-01")
    assert "1 lines have no price" in before
    assert (wrong.status_code, "Line 2" in _plain(wrong.text), "Line 1" in _plain(wrong.text)) == (422, True, False)
    assert (far.status_code, "Line 1" in _plain(far.text)) == (422, True)
    assert "Hills, read by Oak Report · DR 12.50 for a case" in _plain(added.text)
    assert (twice.status_code, "Another row says the same" in twice.text) == (422, True)

    mona = _english(house, "mona")
    page = mona.get(MARCH).text
    assert "Hills, read by Oak 2 0.36 25.00" in _plain(page)
    assert "Pia" not in page
    line = unescape(re.findall(rf'href="({MARCH}/cases\?[^"]+)"', page)[0])
    cases = mona.get(line)
    assert all(case_id in cases.text for case_id in made)
    assert "Pia" not in cases.text
    query = line.partition("?")[2]
    none = _post(mona, f"{MARCH}/dispute?{query}", reason="", case=made[0])
    assert none.status_code == 422
    _post(mona, f"{MARCH}/dispute?{query}", reason="read twice", case=made[0])

    house.now += timedelta(days=40)
    mira, mona = _english(house, "mira"), _english(house, "mona")
    refused = mira.get(f"{MARCH}/close")
    assert (refused.status_code, "Disputes are open" in refused.text) == (403, True)
    hana = _english(house, "hana")
    open_ = hana.get(f"{STATEMENTS}/disputes").text
    (address,) = re.findall(r'action="(/office/statements/disputes/[^"]+)"', open_)
    own = mona.get(f"{STATEMENTS}/disputes").text
    assert ('value="accept"' in open_, 'value="withdraw"' in open_) == (True, False)
    assert ('value="accept"' in own, 'value="withdraw"' in own) == (False, True)
    assert "accepted" in _plain(_post(hana, address, move="accept", remedy="left_out", revision="1", words="yes").text)
    assert _post(hana, address, move="reject", revision="1", words="no").status_code == 409
    asked = mira.get(f"{MARCH}/close").text
    fixed = dict(re.findall(r'name="(lines|cases|fen)" value="(-?\d+)"', asked))
    unsure = _post(mira, f"{MARCH}/close", **fixed)
    overtaken = _post(mira, f"{MARCH}/close", **fixed | {"fen": "1"}, sure="1")
    closed = _post(mira, f"{MARCH}/close", **fixed, sure="1")
    assert fixed == {"lines": "1", "cases": "1", "fen": "1250"}
    assert (unsure.status_code, overtaken.status_code) == (422, 409)
    assert "cannot be opened again" in asked
    assert "The month is closed" in closed.text
    assert "Hills, read by Oak 1 0.18 12.50" in _plain(closed.text)
    assert "/close" not in mira.get(MARCH).text
    assert "/close" not in mira.get(f"{STATEMENTS}/2026-02").text
    assert re.findall(r'href="/office/statements/(\d{4}-\d\d)"', mira.get(STATEMENTS).text) == ["2026-04", "2026-03"]
    assert "2026-03 closed 2026-04-11" in _plain(hana.get(STATEMENTS).text)


def test_a_statement_is_a_file_that_calculates(house: House) -> None:
    _, mira = _a_month(house)
    _post(mira, f"{STATEMENTS}/prices", price="0.05", per="weight", first="2026-01-01")
    rows = list(csv.reader(StringIO(mira.get(f"{MARCH}.csv").text.removeprefix("\ufeff"))))
    book = mira.get(f"{MARCH}.xlsx").content

    assert rows[1] == ["Hills", "Oak", "Report", "DR", "", "for a unit of weight", "0.05", "2", "0.36", "0.02"]
    with zipfile.ZipFile(BytesIO(book)) as parts:
        assert b"<v>0.36</v>" in parts.read("xl/worksheets/sheet1.xml")


def test_journeys_show_their_formula(house: House) -> None:
    _, mira = _a_month(house)
    form = {"km": "30", "fare": "0.5", "wage": "120", "people": "1.5", "first": "2026-01-01"}
    wrong = _post(mira, f"{STATEMENTS}/journeys", **form | {"km": "3.5"})
    endless = [
        _post(mira, f"{STATEMENTS}/journeys", **form | {"people": said}) for said in ("1e999999", "sNaN", "9e60")
    ]
    _post(mira, f"{STATEMENTS}/journeys", **form)
    page = _plain(mira.get(f"{STATEMENTS}/journeys?month=2026-03").text)

    assert (wrong.status_code, "whole number of kilometres" in wrong.text) == (422, True)
    assert [answer.status_code for answer in endless] == [422] * 3
    assert "Hills 2 × 1.50 × (2 × 30 × 0.50 + 120.00) = 450.00 2 2 120 450.00" in page
    assert "No parameters" not in page


def test_everybody_sees_their_side_alone(house: House) -> None:
    _, mira = _a_month(house)
    line = re.findall(rf'href="({MARCH}/cases\?[^"]+)"', mira.get(MARCH).text)[0]
    quinn, mona = _english(house, "quinn"), _english(house, "mona")

    assert "Nothing was counted" in quinn.get(MARCH).text
    assert quinn.get(unescape(line)).status_code == 404
    assert house.signed_in("ben").get(STATEMENTS).status_code == 404
    assert [mona.get(f"{STATEMENTS}/{month}").status_code for month in ("2026-04", "2026-13", "x", "２０２６-03")] == [
        404
    ] * 4
    assert _post(mona, f"{STATEMENTS}/prices", price="1", first="2026-01-01").status_code == 403
    assert _post(mona, f"{MARCH}/close", lines="0", cases="0", fen="0", sure="1").status_code == 403
    assert mona.get(f"{MARCH}/close").status_code == 403
    chinese = house.signed_in("mona").get(MARCH).text
    assert "未定价" in chinese
    assert not any(f"statements.{part}" in chinese for part in ("service", *Service, "pair"))
