"""Marks on the sheet say what the desk says of them (viewer/web/test/marks.test.ts), and where they lie."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.desk.entries import entries_of
from reading.reports.marks import Kind, Mark
from reading.signing.marked_pictures import Place
from storage.database import transaction
from storage.tables import instance
from tests.reading.clinic import arrive, open_clinic, read
from tests.reading.reports.measured import mark, measured
from viewer.views.marks import lines
from viewer.views.marks import measured as in_words
from viewer.views.report_sheet import patients_sheet, sheet_of
from viewer.words.catalogue import Language

HU = "[hnsf'U]"
HERE = Place(series=2, image=14)
TITLE = "测量与关键图像"


def of(
    kind: Kind, *values: tuple[str, float, str], text: str = "", number: int = 1, calibration: str | None = "patient"
) -> Mark:
    said = [{"name": name, "value": value, "unit": unit} for name, value, unit in values]
    return mark(kind, number=number, values=said, text=text, calibration=calibration)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (of(Kind.LENGTH, ("length", 12.34, "mm")), "长度 12.3 mm"),
        (
            of(Kind.ELLIPSE, ("area", 80.25, "mm2"), ("mean", -41.04, HU), ("max", 12, HU)),
            "椭圆区 面积 80.3 mm²、均值 -41.0 HU、最大值 12 HU",
        ),
        (of(Kind.ARROW, text="结节"), "箭头：结节"),
        (of(Kind.ANGLE, ("angle", 12.06, "deg")), "角度 12.1°"),
        (of(Kind.RATIO, ("ratio", 0.5, "1")), "比值 0.50"),
        (of(Kind.LENGTH, ("length", 7, "furlong")), "长度 7.0 furlong"),
        (of(Kind.LENGTH, ("length", 7, "mm"), text="结节", calibration=None), "长度 7.0 mm（校准方式未记录）：结节"),
        (of(Kind.LENGTH, ("length", 7, "mm"), calibration="detector"), "长度 7.0 mm（探测器平面，未校准）"),
        (of(Kind.LENGTH, ("length", 7, "mm"), calibration="fiducial"), "长度 7.0 mm（已按已知大小的物体校准）"),
        (of(Kind.LENGTH, ("length", 7, "{pixels}"), calibration="pixels"), "长度 7.0 像素"),
        (of(Kind.RATIO, ("ratio", 0.5, "1"), calibration="detector"), "比值 0.50"),
        (of(Kind.ANGLE, ("angle", 12.06, "deg"), calibration=None), "角度 12.1°"),
    ],
)
def test_a_mark_says_its_kind_its_values_and_its_text(one: Mark, words: str) -> None:
    assert in_words(one, Language.ZH) == words


def test_key_images_stand_in_one_line_and_an_arrow_without_words_in_none() -> None:
    marks = [
        of(Kind.KEY, number=1),
        of(Kind.ARROW, number=2),
        of(Kind.LENGTH, ("length", 5, "mm"), number=3),
        of(Kind.KEY, number=4),
        of(Kind.LENGTH, ("length", 6, "mm"), number=5),
        of(Kind.LENGTH, ("length", 7, "mm"), number=6),
    ]
    places = dict.fromkeys((one.id for one in marks), HERE)
    places |= {marks[3].id: Place(image=3, frames=9), marks[4].id: Place(earlier=True)}

    assert list(lines(marks, places | {marks[5].id: None}, Language.ZH)) == [
        "长度 5.0 mm（序列 2，图像 14）",
        "长度 6.0 mm（既往检查）",
        "长度 7.0 mm（图像已不在本次检查中）",
        "关键图像：序列 2，图像 14；图像 3，第 1 帧",
    ]
    assert list(lines(marks[2:4], places, Language.EN)) == [
        "Length 5.0 mm (series 2, image 14)",
        "Key image: image 3, frame 1",
    ]


def test_the_sheet_lists_what_was_measured_also_when_its_picture_is_gone(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, series_number=2, instance_number=14)
        said = measured(mark(), mark(Kind.KEY, number=2))
        version = replace(read(tx, clinic, clinic.ada, case.id, now, said), flaws=frozenset())
        entry = entries_of(tx, clinic.ada, [case], now)[0]
        before = dict(sheet_of(tx, entry, version, Language.ZH).sections)
        patients = dict(patients_sheet(tx, entry, version, Language.ZH).sections)
        tx.execute(sa.update(instance).values(hidden=True))
        after = dict(sheet_of(tx, entry, version, Language.ZH).sections)

    assert before[TITLE].splitlines() == ["长度 12.3 mm（序列 2，图像 14）", "关键图像：序列 2，图像 14"]
    assert after[TITLE].splitlines() == ["长度 12.3 mm（图像已不在本次检查中）", "关键图像：图像已不在本次检查中"]
    assert list(before) == ["检查所见", TITLE, "诊断意见"]
    assert TITLE not in patients
