"""Reports are found on the page and by the API, with the words marked; a kept search counts what is new."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from storage.database import transaction
from tests.reading.clinic import PNEUMONIA, read
from tests.viewer.house import House

NODULE = replace(PNEUMONIA, impression="右肺上叶结节 <b>")


def test_a_reader_finds_reports_keeps_the_search_and_sees_what_is_new(house: House) -> None:
    case = house.case("1.2.840.1")
    with transaction(house.engine) as tx:
        version = read(tx, house.clinic, house.clinic.ada, case.id, house.now, NODULE)
    ada, quinn = house.signed_in("ada"), house.signed_in("quinn")
    blank = ada.get("/reports").text
    page = house.seek(ada, "/reports", q="结节", result="positive", since="2026-03-02", until="2026-03-02").text
    found = ada.post("/api/reports/search", json={"q": "上叶", "body_part": "CHEST"}).json()
    wrong = house.seek(ada, "/reports", since="yesterday")
    reversed_days = house.seek(ada, "/reports", since="2026-03-05", until="2026-03-02")
    token = {"csrf_token": ada.headers["X-CSRF-Token"]}
    hidden = re.search(r'name="sought" value="([^"]+)"', house.seek(ada, "/reports", q="结节").text)
    assert hidden is not None
    kept = ada.post("/reports/saved", data={**token, "name": "结节随访", "sought": hidden[1]})
    later = house.case("1.2.840.2")
    house.now += timedelta(minutes=5)
    with transaction(house.engine) as tx:
        read(tx, house.clinic, house.clinic.ada, later.id, house.now, NODULE)
    (search,) = ada.get("/api/searches").json()["items"]
    counted = ada.get("/reports").text
    opened = ada.post(f"/reports/saved/{search['id']}/open", data=token)
    again = ada.get("/api/searches").json()["items"][0]
    other = quinn.post(f"/api/searches/{search['id']}/seen")
    ended = ada.delete(f"/api/searches/{search['id']}")

    assert "没有找到报告" not in blank
    assert "<mark>结节</mark> &lt;b&gt;" in page
    assert re.search(rf'href="/#/case/{case.id}">Pia', page)
    assert [one["version_id"] for one in found["items"]] == [version.id]
    assert found["items"][0]["parts"][1] == {"text": "上叶", "sought": True}
    assert (wrong.status_code, "日期不对" in wrong.text) == (422, True)
    assert (reversed_days.status_code, "结束日期早于开始日期" in reversed_days.text) == (422, True)
    assert blank.count(">DR</option>") == 1
    assert quinn.post("/api/reports/search", json={"q": "结节"}).json()["items"] == []
    assert "没有找到报告" in house.seek(quinn, "/reports", q="结节").text
    assert (kept.status_code, search["name"], search["new"]) == (303, "结节随访", 1)
    assert "新 1" in counted
    assert (opened.status_code, again["query"], again["new"]) == (303, {"q": "结节"}, 0)
    assert "<mark>结节</mark>" in ada.get(opened.headers["Location"]).text
    assert (other.status_code, ended.status_code) == (404, 204)
    assert ada.get("/api/searches").json() == {"items": []}
