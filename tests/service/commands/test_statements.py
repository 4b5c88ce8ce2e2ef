"""`tierread statement`: prices from a table, a month shown and closed, a dispute answered, journeys."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from storage.database import connect, transaction
from tests.reading.clinic import arrive, open_clinic, read
from tests.running import TierRead

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TABLE = """送检机构代码,阅片机构代码,服务,检查类型,部位,单价,计价方式,开始日期,结束日期
,,,,,10,,2026/1/1,
hills,oak,报告,DX,,13.33,按工作量,2026-01-01,2026-12-31
"""
WRONG = TABLE + "hills,,报告,DX,,1,,2026-01-01,\n,,,,,12.345,,2026-01-01,\n,,,,,9,,2026-02-01,\n"


def test_a_month_from_prices_to_its_close(tmp_path: Path) -> None:
    tierread = TierRead(tmp_path)
    tierread.run("statement", "months")
    engine = connect(f"sqlite:///{tmp_path / 'data' / 'tierread.db'}")
    with transaction(engine) as tx:
        clinic = open_clinic(tx, NOON)
        for number in range(2):
            read(tx, clinic, clinic.ada, arrive(tx, clinic, f"1.{number}", NOON).id, NOON)
    engine.dispose()
    table = tmp_path / "prices.csv"

    table.write_text(WRONG, "utf-8")
    refused = tierread.run("statement", "import", str(table))
    none = tierread.admin("statement", "prices")
    table.write_bytes(TABLE.encode("gb18030"))
    imported = tierread.admin("statement", "import", str(table))
    rows = tierread.admin("statement", "prices")
    journey = ("--km", "30", "--fare", "0.5", "--wage", "120", "--people", "1.5", "--from", "2026-01-01")
    tierread.admin("statement", "journey", *journey)
    tierread.admin("numbers", "check")
    shown = tierread.admin("statement", "show", "2026-03")
    spared = tierread.admin("statement", "journeys", "2026-03")
    line = ("--service", "report", "--site", "hills", "--reader", "oak", "--modality", "DX")
    price = ("--price", shown["lines"][0]["price_id"], "--reason", "wrong")
    made = tierread.admin("statement", "dispute", "2026-03", *line, *price)
    waits = tierread.run("statement", "close", "2026-03", "--yes")
    tierread.admin("statement", "answer", made["id"], "reject", "--words", "it is right")
    unsure = tierread.run("statement", "close", "2026-03")
    closed = tierread.admin("statement", "close", "2026-03", "--yes")
    months = tierread.admin("statement", "months")

    assert refused.returncode == 4
    assert [each.split(":")[0] for each in refused.stderr.split("line ")[1:]] == ["4", "5", "6"]
    assert none == []
    assert imported == {"lines": 2, "saved": True}
    found = [(one["site"], one["price"], one["per"]) for one in rows]
    assert found == [("", "10.00", "case"), ("hills", "13.33", "weight")]
    assert [(one["count"], one["weight"], one["yuan"]) for one in shown["lines"]] == [(2, 0.36, "4.80")]
    assert [(one["journeys"], one["km"], one["yuan"]) for one in spared] == [(2, 120, "450.00")]
    assert (waits.returncode, "Disputes are open" in waits.stderr) == (4, True)
    assert (unsure.returncode, "1 lines, 2 cases and 4.80 yuan stand for good" in unsure.stderr) == (1, True)
    assert closed == {"month": "2026-03", "lines": 1, "yuan": "4.80"}
    assert [one["month"] for one in months if one["closed_at"]] == ["2026-03"]
    assert json.loads(tierread.run("statement", "disputes", "--json").stdout)[0]["state"] == "rejected"
