"""A statement counted a second time by another path: from plain rows, with loops, as docs/statements.md says."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from tests.reading.numbers.independent import DONE, HIDDEN, PLACE, UNDECIDED

Row = dict[str, Any]
Key = tuple[str, str, str, str, str]
"""Service, site, reader, modality, id of the price."""
REGION = ZoneInfo("Asia/Shanghai")
SHIPPED = {("DX", "CHEST"): 18, ("CT", "HEAD"): 83, ("MG", "BREAST"): 74}
"""Weights of the kinds of cases that `months` writes; the others weigh 100."""


def count(tx: Connection, since: date, until: date) -> dict[Key, tuple[int, int, int]]:
    """Cases, weight and fen of each line of the months between two days (the second excluded)."""
    rows = {name: _all(tx, name) for name in _TABLES}
    lines: defaultdict[Key, list[int]] = defaultdict(lambda: [0, 0])
    prices = {row["id"]: row for row in rows["statement_price"]}
    left_out = {(row["case_id"], row["service"], row["reader_id"]) for row in rows["statement_left_out"]}
    for case in rows["case"]:
        for service, reader, at, weight in _works(case, rows):
            day = at.astimezone(REGION).date()
            if not since <= day < until or (case["id"], service, reader) in left_out:
                continue
            price = _price(rows["statement_price"], case, service, reader, day)
            line = lines[service, case["site_id"], reader, case["modality"], price["id"]]
            line[0] += 1
            line[1] += weight
    return {key: (number, weight, _fen(prices[key[4]], number, weight)) for key, (number, weight) in lines.items()}


_TABLES = (
    *("case", "case_move", "report_version", "signature", "role_grant", "assignment", "policy"),
    *("statement_price", "statement_left_out"),
)


def _all(tx: Connection, name: str) -> list[Row]:
    return [dict(row) for row in tx.execute(sa.select(getattr(tables, name))).mappings()]


def _works(case: Row, rows: dict[str, list[Row]]) -> list[tuple[str, str, datetime, int]]:
    grants = {row["id"]: row["organisation_id"] for row in rows["role_grant"]}
    moves = sorted((row for row in rows["case_move"] if row["case_id"] == case["id"]), key=lambda row: row["number"])
    rules = {(row["id"], rule["name"]): rule for row in rows["policy"] for rule in row["rules"]["rules"]}
    blind = "double_reading" in rules[case["policy_id"], case["rule"]] or any(
        row["move"] in {"sign_first", "sign_provisionally", "to_arbitration", "confer"} for row in moves
    )
    if case["state"] in HIDDEN or (blind and case["state"] in UNDECIDED):
        return []
    versions = sorted(
        (row for row in rows["report_version"] if row["case_id"] == case["id"]), key=lambda row: row["number"]
    )
    good = [one for one in versions if one["released_at"] and one["status"] not in {"withheld", "entered_in_error"}]
    if not any(one["status"] == "final" for one in good):
        return []
    released, author = good[0]["released_at"], ""
    signed = {row["version_id"]: grants[row["grant_id"]] for row in rows["signature"] if row["role"] == "author"}
    for one in versions:
        if one["number"] <= good[0]["number"] and one["status"] not in {"withheld", "entered_in_error", "withdrawn"}:
            author = signed.get(one["id"], author)
    if not author:
        return []
    weight = SHIPPED.get((case["modality"], case["body_part"]), 100)
    taken = [row for row in rows["assignment"] if row["case_id"] == case["id"] and row["ended_as"] == "taken"]
    for row in sorted(taken, key=lambda row: (row["ended_at"], row["at"], row["id"]), reverse=True):
        weight = row["weight"] or weight
    found = [] if author == case["site_id"] else [("report", author, released, weight)]
    place = ""
    for row in moves:
        service, who = DONE.get(row["move"], ""), grants.get(row["grant_id"] or "", "")
        counts = service not in {"", "read"} and place == service and who not in {"", author, case["site_id"]}
        if counts and (service, who) not in {each[:2] for each in found}:
            found.append((service, who, max(row["at"], released), weight))
        if row["to_state"] in PLACE:
            place = PLACE[row["to_state"]]
        elif row["to_state"] in {"final", "withdrawn"}:
            place = ""
    return found


def _price(prices: list[Row], case: Row, service: str, reader: str, day: date) -> Row:
    best: tuple[int, Row] | None = None
    for row in prices:
        if row["first_day"] > day or (row["last_day"] is not None and row["last_day"] < day):
            continue
        asked = {"site_id": case["site_id"], "reader_id": reader, "service": service}
        asked |= {"modality": case["modality"], "body_part": case["body_part"]}
        if any(row[name] not in {None, "", value} for name, value in asked.items()):
            continue
        says = 8 * bool(row["site_id"]) + 4 * bool(row["service"]) + 2 * bool(row["modality"]) + bool(row["body_part"])
        if best is None or says > best[0]:
            best = says, row
    assert best is not None
    return best[1]


def _fen(price: Row, number: int, weight: int) -> int:
    if price["per"] == "case":
        return int(price["fen"]) * number
    return int((Decimal(price["fen"]) * weight / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
