"""A read-back that says something else than was told, in both languages, and what becomes of it."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from reading import audit
from reading.alerts import critical
from reading.alerts.read_back import Means, problem
from reading.context import Context
from reading.desk import alert_bar, alert_board
from reading.desk.alert_board import Row
from reading.errors import Invalid
from storage.database import transaction
from tests.reading.clinic import arrive, messages, open_clinic

CLASS = ("张力性气胸", "Tension pneumothorax")


@pytest.mark.parametrize(
    ("told", "said", "expected"),
    [
        ("右侧张力性气胸", "左侧气胸，已告知值班医生", "other_side"),
        ("右侧张力性气胸，纵隔左移", "左侧张力性气胸", "other_side"),
        ("右侧张力性气胸，纵隔左移", "右侧张力性气胸，纵隔向左移位", None),
        ("右侧张力性气胸", "张力性气胸，马上处理", None),
        ("右侧张力性气胸", "右侧气胸，左侧未见气胸", None),
        ("左侧气胸，右侧胸腔积液", "右侧气胸", "other_side"),
        ("左侧气胸，右侧胸腔积液", "左侧气胸", None),
        ("双侧气胸", "左侧气胸", "other_side"),
        ("双侧气胸", "左侧气胸和右侧气胸", None),
        ("双侧气胸", "左侧气胸，右侧气胸", None),
        ("双侧气胸", "左、右侧气胸", None),
        ("双侧气胸", "左侧气胸，右侧未见气胸", "other_side"),
        ("双侧气胸", "右侧气胸，右侧胸腔积液", "other_side"),
        ("双侧气胸", "左侧气胸，右侧没有", "other_side"),
        ("双侧气胸", "左侧气胸，右侧无", "other_side"),
        ("双侧气胸", "左侧气胸，右侧不清楚", "other_side"),
        ("双侧气胸", "左侧气胸，右侧等待检查", "other_side"),
        ("双侧气胸", "左侧气胸，右侧好的", "other_side"),
        ("双侧气胸", "左侧气胸，患者右侧", "other_side"),
        ("双侧气胸", "左侧气胸复查，右侧复查", "other_side"),
        ("Bilateral pneumothorax", "left pneumothorax, all right", "other_side"),
        ("Bilateral pneumothorax", "left pneumothorax, that is right", "other_side"),
        ("Bilateral pneumothorax", "left pneumothorax, right side not seen", "other_side"),
        ("Bilateral pneumothorax", "left pneumothorax and right pneumonia", "other_side"),
        ("Bilateral pneumothorax", "left and right pneumothorax", None),
        ("双侧气胸", "left pneumothorax and right pneumothorax", None),
        ("左、右侧气胸", "双侧气胸", None),
        ("左侧气胸", "左、右侧气胸", "other_side"),
        ("左侧气胸，右侧气胸", "双侧气胸", None),
        ("Bilateral pneumothorax", "left pneumothorax and right pneumothorax", None),
        ("左侧气胸", "两侧气胸", "other_side"),
        ("右侧张力性气胸", "left pneumothorax", "other_side"),
        ("Right tension pneumothorax, shift to the left", "left tension pneumothorax", "other_side"),
        ("Right tension pneumothorax, shift to the left", "right tension pneumothorax", None),
        ("Bilateral pneumothorax", "pneumothorax on the right", "other_side"),
        ("右侧气胸", "右侧未见气胸", "denied"),
        ("右侧气胸", "no pneumothorax", "denied"),
        ("Tension pneumothorax", "pneumothorax was excluded", "denied"),
        ("未见出血", "脑内出血，已告知", "denied"),
        ("未见出血", "头颅 CT 未见出血", None),
        ("左侧气胸，压缩约 60%", "左侧气胸，压缩约 ３０％", "other_number"),
        ("左侧气胸，压缩约 60%", "左侧气胸，压缩 60 percent", None),
        ("左侧气胸，压缩约 60%", "左侧气胸压缩百分之六十，120 已到", None),
        ("气胸，宽 3 cm", "气胸，宽 30mm", None),
        ("气胸，宽 3 cm", "气胸，宽 3 mm", "other_number"),
        ("左侧第3、5肋骨骨折", "左侧第3、6肋骨骨折", "other_number"),
        ("左侧第3-5肋骨骨折", "左侧第4肋骨骨折", None),
        ("L4/5椎间盘突出", "L5/S1椎间盘突出", "other_number"),
        ("左侧气胸", "左侧气胸可能性不大", "denied"),
        ("右侧气胸", "右股骨颈骨折，已告知", "not_the_finding"),
        ("右侧气胸", "气胸排除了", "denied"),
        ("右侧气胸", "气胸已经没有了", "denied"),
        ("右侧气胸", "气胸没有了，放心", "denied"),
        ("右侧气胸", "气胸不能排除，已告知", None),
        ("右侧气胸", "气胸不能完全除外", None),
        ("Pulmonary embolism", "pulmonary embolism ruled out", "denied"),
        ("Pulmonary embolism", "pulmonary embolism was already ruled out", "denied"),
        ("Pulmonary embolism", "pulmonary embolism not ruled out", None),
        ("Pulmonary embolism", "pulmonary embolism cannot be excluded", None),
        ("左侧气胸", "rt pneumothorax", "other_side"),
        ("左侧气胸", "Rt. pneumothorax", "other_side"),
        ("左侧气胸", "Lt pneumothorax", None),
        ("Left pneumothorax", "R pneumothorax", "other_side"),
        ("左侧气胸", "R 侧气胸", "other_side"),
        ("右侧气胸", "R侧气胸", None),
        ("左侧气胸", "气胸（右）", "other_side"),
        ("右侧气胸", "气胸（右）", None),
        ("右侧气胸", "右气胸", None),
        ("L1 爆裂骨折，出血 1 L", "L1 爆裂骨折", None),
    ],
)
def test_another_side_a_denial_and_another_measure_contradict(told: str, said: str, expected: str | None) -> None:
    names = ("卒中CT正常", "Normal stroke CT") if "出血" in told else CLASS

    assert problem(said, told=(*names, told)) == expected


def test_reading_back_one_of_two_findings_will_do() -> None:
    assert problem("左侧气胸，已告知", told=(*CLASS, "右侧气胸", "左侧气胸")) is None
    assert problem("左侧气胸，已告知", told=(*CLASS, "肋骨骨折错位", "右侧气胸")) == "other_side"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("右侧气胸，右侧肋骨骨折", "other_side"),
        ("右侧肋骨骨折，右侧气胸", "other_side"),
        ("左侧气胸，左侧肋骨骨折", "other_side"),
        ("左侧气胸，右侧肋骨骨折", None),
        ("右侧肋骨骨折", None),
        ("左侧气胸，压缩 30%，右侧肋骨骨折", "other_number"),
        ("左侧气胸，肋骨骨折排除了", "denied"),
        ("没有气胸，右侧肋骨骨折", "denied"),
        ("right pneumothorax and rib fracture", "other_side"),
        ("left pneumothorax", None),
    ],
)
def test_each_part_is_compared_with_the_finding_that_it_is_about(said: str, expected: str | None) -> None:
    assert problem(said, told=(*CLASS, "左侧气胸，压缩约60%", "右侧第5肋骨骨折")) == expected


def test_two_findings_of_one_side_each_are_read_back_as_both() -> None:
    told = (*CLASS, "左侧气胸，压缩约 60%", "右侧气胸，压缩约 30%")

    assert problem("双侧气胸", told=told) is None
    assert problem("双侧气胸，压缩约 10%", told=told) == "other_number"
    assert problem("双侧气胸", told=(*CLASS, "左侧气胸", "左侧张力性气胸")) == "other_side"


def test_one_word_for_both_sides_joins_findings_only_where_each_says_all_of_it() -> None:
    assert problem("双侧气胸骨折", told=(*CLASS, "左侧气胸", "右侧肋骨骨折")) == "other_side"
    assert problem("bilateral pneumothorax", told=(*CLASS, "左侧气胸", "右侧气胸")) is None


def test_of_two_findings_that_share_words_the_nearest_one_counts() -> None:
    told = ("骨折", "Fracture", "左侧肋骨骨折", "右侧股骨骨折")

    assert problem("右侧肋骨骨折", told=told) == "other_side"
    assert problem("左侧股骨骨折", told=told) == "other_side"
    assert problem("左侧肋骨骨折，右侧股骨骨折", told=told) is None


def test_what_was_read_back_otherwise_is_taken_on_a_word_and_the_reader_is_told(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        ada, tang = (Context(tx, clinic.audit, now, who) for who in (clinic.ada, clinic.tang))
        alert = critical.raise_alert(ada, case.id, critical_class="tension_pneumothorax", finding="右侧张力性气胸")
        with pytest.raises(Invalid) as refused:
            critical.acknowledge(tang, alert.id, said="左侧气胸", spoken_with="Ada", means=Means.TELEPHONE)
        with pytest.raises(Invalid) as polite:
            critical.acknowledge(tang, alert.id, said="收到", spoken_with="Ada", means=Means.TELEPHONE, said_so="收到")
        other = "右股骨颈骨折"
        with pytest.raises(Invalid) as nothing:
            critical.acknowledge(tang, alert.id, said=other, spoken_with="Ada", means=Means.TELEPHONE, said_so=other)
        with pytest.raises(Invalid) as changed:
            critical.acknowledge(
                tang, alert.id, said="未见右侧气胸", spoken_with="Ada", means=Means.TELEPHONE, said_so="左侧气胸"
            )
        quiet = alert_bar.waiting(tx, clinic.ada, now)
        critical.acknowledge(
            tang, alert.id, said="左侧气胸", spoken_with="Ada", means=Means.TELEPHONE, said_so="左侧气胸"
        )
        [logged] = alert_board.of_case(ada, case.id)
        rows = [(row.row, row.by, row.to, row.content) for row in alert_board.rows_of(logged)]
        bars = [
            [(one.is_theirs, one.differs) for one in alert_bar.waiting(tx, who, now)] for who in (ada.who, tang.who)
        ]
        details = [
            one.details for one in audit.events_about(tx, "case", case.id) if one.action == "critical.acknowledge"
        ]

        assert (refused.value.problem, polite.value.problem) == ("other_side", "only_polite")
        assert (nothing.value.problem, changed.value.problem) == ("not_the_finding", "denied")
        assert (Row.DIFFERS, clinic.tang.name, clinic.ada.name, "左侧气胸") in rows
        assert (quiet, bars) == ([], [[(False, True)], []])
        assert details[-1]["differs"] == "other_side"
        assert [one.kind for one in messages(tx)].count("critical.differs") == 2  # Ada, and those where she reads
