"""What a region or a site says of a class: dated rows, and who may say it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from reading.alerts import alert_rows, classes, critical
from reading.alerts.alert_rows import Kind
from reading.alerts.class_list import When
from reading.audit import SYSTEM
from reading.cases import cases
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere
from reading.kinds import Role
from storage.database import transaction
from tests.reading.clinic import NORMAL, arrive, open_clinic, read
from tests.reading.region import hire


def test_a_site_alters_minutes_adds_a_class_and_takes_one_out_from_a_time_on(engine: Engine, now: datetime) -> None:
    later = now + timedelta(days=1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        region, mona = clinic.region, Context(tx, clinic.audit, now, clinic.mona)
        classes.add(mona, "stroke", organisation_code="hills", minutes=3)
        classes.add(
            Context(tx, clinic.audit, now, SYSTEM), "ectopic", minutes=15, name_zh="宫外孕破裂", name_en="Ectopic"
        )
        classes.end(mona, "foreign_body", organisation_code="oak")
        classes.add(Context(tx, clinic.audit, later, clinic.mona), "stroke", organisation_code="hills", minutes=4)
        hills, lake = classes.in_force(tx, region.hills.id, now), classes.in_force(tx, region.lake.id, now)
        tomorrow = classes.in_force(tx, region.hills.id, later)
        classes.end(Context(tx, clinic.audit, later, clinic.mona), "stroke", organisation_code="hills")
        inherited = classes.in_force(tx, region.hills.id, later)["stroke"]
        classes.add(mona, "other", organisation_code="hills", minutes=3, name_zh="山里的", name_en="Of the hills")
        classes.add(mona, "pneumothorax", organisation_code="oak", minutes=3, name_zh="县里的", name_en="Of the county")
        called = [
            classes.named(tx, code, site.id).name_zh
            for code, site in (
                ("other", region.hills),
                ("other", region.lake),
                ("pneumothorax", region.lake),
                ("ectopic", region.lake),
            )
        ]

    assert called == ["山里的", "其他危及生命的情况", "县里的", "宫外孕破裂"]
    assert (hills["stroke"].minutes, hills["stroke"].name_zh) == (3, "急性脑卒中")
    assert (tomorrow["stroke"].minutes, lake["stroke"].minutes, inherited.minutes) == (4, 10, 10)
    assert hills["ectopic"].minutes == 15
    assert "foreign_body" not in hills


def test_only_those_who_manage_the_quality_say_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        top = hire(tx, "top", now, (Role.QUALITY_MANAGER, clinic.region.city))
        for staff, code in ((clinic.mona, ""), (clinic.mona, "elm"), (clinic.ada, "hills"), (clinic.tang, "hills")):
            with pytest.raises(NotAllowed):
                classes.add(Context(tx, clinic.audit, now, staff), "stroke", organisation_code=code, minutes=3)
        everybody = classes.add(Context(tx, clinic.audit, now, top), "stroke", minutes=7)
        for wrong in ({"code": "Stroke!"}, {"minutes": 0}, {"code": "new_one"}, {"modalities": "C T?"}):
            with pytest.raises(Invalid):
                classes.add(Context(tx, clinic.audit, now, top), **({"code": "stroke", "minutes": 5} | wrong))  # type: ignore[arg-type]
        with pytest.raises(NotThere):
            classes.end(Context(tx, clinic.audit, now, top), "nothing")

    assert everybody.minutes == 7


def test_a_rule_tells_a_normal_report_without_making_the_case_critical(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        classes.add(
            Context(tx, clinic.audit, now, clinic.mona),
            "normal_chest",
            organisation_code="hills",
            minutes=20,
            name_zh="胸片正常须告知",
            name_en="Normal chest, to be told",
            when=When.NEGATIVE,
            modalities="DX",
            body_parts="CHEST",
        )
        told, elsewhere = arrive(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now, site=clinic.region.lake)
        for case in (told, elsewhere):
            read(tx, clinic, clinic.ada, case.id, now, NORMAL)
        alerts = alert_rows.standing_on_each(tx, [told.id, elsewhere.id])
        found = cases.by_id(tx, told.id)

        assert {case_id: [(one.kind, one.minutes) for one in each] for case_id, each in alerts.items()} == {
            told.id: [(Kind.NOTICE, 20)]
        }
        assert (found.critical, alert_rows.newest_standing(tx, told.id)) == (False, None)
        with pytest.raises(Invalid):
            critical.raise_alert(
                Context(tx, clinic.audit, now, clinic.ada), told.id, critical_class="normal_chest", finding="!"
            )
