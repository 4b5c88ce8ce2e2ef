"""A report that replaces another: its site is led to the one that stands and hears what differs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from reading.context import Context
from reading.reports.versions import ReportVersion
from reading.signing import signatures
from storage.database import transaction
from tests.reading.clinic import PNEUMONIA, read, shown
from tests.viewer.house import House

RIGHT = replace(PNEUMONIA, findings="右第 5 肋骨皮质中断", impression="右侧第 5 肋骨骨折", critical_class=None)
LEFT = replace(RIGHT, findings="左第 5 肋骨皮质中断", impression="左侧第 5 肋骨骨折")


def _corrected(house: House, before: ReportVersion, **said: str) -> ReportVersion:
    house.now += timedelta(minutes=5)
    with transaction(house.engine) as tx:
        ctx = Context(tx, house.clinic.audit, house.now, house.clinic.ada)
        screen = shown(tx, before.case_id)
        return signatures.addendum(ctx, house.clinic.seal, before.id, content=replace(LEFT, **said), screen=screen)


def test_the_banner_leads_to_the_report_that_stands_and_names_what_changed(house: House) -> None:
    case = house.case("1.2.840.1")
    with transaction(house.engine) as tx:
        first = read(tx, house.clinic, house.clinic.ada, case.id, house.now, RIGHT)
    tang = house.signed_in("tang")
    token = {"csrf_token": tang.headers["X-CSRF-Token"]}
    tang.post(f"/t/print/{first.id}", data=token)
    second = _corrected(house, first)
    third = _corrected(house, second, recommendation="请外科会诊")
    banner = tang.get(f"/t/case/{case.id}").text
    old, new = tang.get(f"/t/print/{second.id}").text, tang.get(f"/t/print/{third.id}").text
    notice = banner.split("/t/notices/", 1)[1][:26]
    noted = tang.post(f"/t/notices/{notice}/acknowledge", data=token)
    tang.cookies.set("tierread_language", "en")

    assert "与您看过的正式报告不同：侧别、诊断意见、检查所见、建议。" in banner
    assert "旧报告已打印" in banner
    assert f'href="/t/print/{third.id}">看新报告' in banner
    assert "已被新版本取代，请勿使用" in old
    assert "临时报告" not in old
    assert f'href="/t/print/{third.id}"' in old
    assert "<dt>代替</dt><dd>第 2 版 · " in new
    assert "已被新版本取代" not in new
    assert noted.status_code == 303
    assert "/t/notices/" not in tang.get(f"/t/case/{case.id}").text
    assert "Superseded: do not use" in tang.get(f"/t/print/{second.id}").text
