"""/learning/agreement: managers see how far readings agree, of their sites alone, and no share of a few."""

from __future__ import annotations

import re
from html import unescape

import httpx

from reading.rules import policy
from storage.database import transaction
from tests.reading.clinic import PNEUMONIA, arrive, read, review_as
from tests.reading.double_reading.twice import NORMAL, RIGHT, mammogram, read_blind, rules
from tests.viewer.house import House

PAIRS = [(NORMAL, NORMAL)] * 3 + [(RIGHT, RIGHT)] * 2 + [(RIGHT, NORMAL)]
"""Alike 5/6; by chance (3/6)(4/6) + (3/6)(2/6) = 1/2; kappa = (5/6 - 1/2) / (1/2) = 2/3."""


def _rows(client: httpx.Client, query: str = "") -> list[str]:
    answer = client.get(f"/learning/agreement{query}")
    assert answer.status_code == 200
    rows = re.findall(r"<tr><td>.*?</tr>", unescape(answer.text), re.DOTALL)
    return [" ".join(re.sub("<[^>]*>", " ", row).split()) for row in rows]


def test_a_manager_sees_shares_with_their_intervals_and_no_share_of_a_few(house: House) -> None:
    clinic, now = house.clinic, house.now
    screening, *others = rules()["rules"]
    drawn = [screening, *(one | {"review": {"when": "after_release", "percent": 100}} for one in others)]
    with transaction(house.engine) as tx:
        policy.install(tx, {"rules": drawn}, None, now, version=2)
        made = [mammogram(tx, clinic, f"1.2.840.{number}", now).id for number in range(len(PAIRS))]
        for case_id, (first, second) in zip(made, PAIRS, strict=True):
            read_blind(tx, clinic, clinic.ada, case_id, now, first)
            read_blind(tx, clinic, clinic.vera, case_id, now, second)
    undecided = _rows(house.signed_in("mona"))
    with transaction(house.engine) as tx:
        read_blind(tx, clinic, clinic.ben, made[-1], now, RIGHT)
        sampled = [arrive(tx, clinic, f"1.2.841.{number}", now) for number in range(2)]
        for one in sampled:
            read(tx, clinic, clinic.ada, one.id, now, PNEUMONIA)
        review_as(tx, clinic, clinic.ben, sampled[0].id, now)
    rows = _rows(house.signed_in("mona"))

    assert "全部 5 0.0%（0.0% 至 43.4%），5 例中 0 例 1.00 0" in undecided  # nor is it told who waits for an arbiter
    assert "全部 6 16.7%（3.0% 至 56.4%），6 例中 1 例 0.67 1" in rows
    assert "第一阅片结果 阳性 3 例数太少 例数太少 例数太少" in rows
    assert "第一阅片医师 Ada 6 16.7%（3.0% 至 56.4%），6 例中 1 例 0.67 1" in rows
    assert "机构 Hills 2 1 50% 例数太少" in rows
    assert _rows(house.signed_in("mona"), "?since=2020-01-01&until=2020-02-01") == []
    assert _rows(house.signed_in("quinn")) == []
    assert house.signed_in("ada").get("/learning/agreement").status_code == 404
    assert "一年" in house.signed_in("mona").get("/learning/agreement?since=2020-01-01&until=2026-01-01").text
