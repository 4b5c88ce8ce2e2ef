"""The price list out of a table: each line by the act of the page, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from reading.audit import Actor
from reading.context import Acts, Context, without_door
from reading.errors import Invalid, NotDone
from reading.register.csv_text import lines_of
from reading.register.import_columns import Columns, Line, read_table, word_of
from reading.statements import prices, rights
from reading.statements.money import Per, fen_of
from reading.statements.work import Service
from reading.viewers import Staff

COLUMNS: Final[Columns] = (
    ("site", "送检机构代码", False),
    ("reader", "阅片机构代码", False),
    ("service", "服务", False),
    ("modality", "检查类型", False),
    ("body_part", "部位", False),
    ("price", "单价", True),
    ("per", "计价方式", False),
    ("first_day", "开始日期", True),
    ("last_day", "结束日期", False),
)
SERVICES: Final = {
    **{each.value: each for each in Service},
    "报告": Service.REPORT,
    "审核": Service.VERIFY,
    "第二次阅片": Service.SECOND,
    "仲裁": Service.ARBITRATE,
    "复核": Service.REVIEW,
    "会诊": Service.CONSULTATION,
}
PERS: Final = {**{each.value: each for each in Per}, "按例": Per.CASE, "按工作量": Per.WEIGHT}
_ResultT = TypeVar("_ResultT")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A line, and what is wrong with it."""

    line: Line
    problem: NotDone | None


class _TakenBack(Exception):
    """Ends a transaction whose rows shall not stand."""


@without_door("Prices between institutions; nothing of a patient is in them.")
def preview(acts: Acts[Staff | Actor], text: str) -> list[Outcome]:
    """What is wrong with the lines of a table; nothing is added.

    Raises:
        NotThere: they are no quality manager.
        NotAllowed: they are none of a top organisation.
        Invalid: the table as a whole, as `read_table`.

    """
    return _run(acts, text, keep=False)


@without_door("Prices between institutions; nothing of a patient is in them.")
def save(acts: Acts[Staff | Actor], text: str) -> list[Outcome]:
    """Add the rows of a table, or none where a line is wrong.

    Raises:
        NotThere, NotAllowed, Invalid: as `preview`.

    """
    return _run(acts, text, keep=True)


def _run(acts: Acts[Staff | Actor], text: str, *, keep: bool) -> list[Outcome]:
    outcomes: list[Outcome] = []
    try:
        with acts.act() as ctx:
            rights.must_keep(ctx)
            outcomes = [_tried(ctx, line) for line in read_table(COLUMNS, lines_of(text))]
            _take_back(unless=keep and all(one.problem is None for one in outcomes))
    except _TakenBack:
        pass
    return outcomes


def _take_back(*, unless: bool) -> None:
    if not unless:
        raise _TakenBack


def _tried(ctx: Context[Staff | Actor], line: Line) -> Outcome:
    try:
        if line.wrong is not None:
            raise line.wrong
        with ctx.tx.begin_nested():
            _add(ctx, line.cells)
    except NotDone as problem:
        return Outcome(line=line, problem=problem)
    return Outcome(line=line, problem=None)


def _add(ctx: Context[Staff | Actor], cells: Mapping[str, str]) -> None:
    first_day = day_of("first_day", cells["first_day"])
    if first_day is None:
        raise Invalid("first_day", "date")
    prices.add(
        ctx,
        site_code=cells["site"],
        reader_code=cells["reader"],
        service=_word(cells["service"], lambda said: word_of(SERVICES, "service", said)),
        modality=cells["modality"],
        body_part=cells["body_part"],
        per=_word(cells["per"], lambda said: word_of(PERS, "per", said)) or Per.CASE,
        fen=fen_of("price", cells["price"]),
        first_day=first_day,
        last_day=day_of("last_day", cells["last_day"]),
    )


def _word(said: str, read: Callable[[str], _ResultT]) -> _ResultT | None:
    return read(said) if said.strip() else None


def day_of(field: str, said: str) -> date | None:
    """A day as people type it, such as ``2026-03-01`` or ``2026/3/1``; None where nothing is said.

    Raises:
        Invalid: it is none.

    """
    if not said.strip():
        return None
    try:
        year, month, day = (int(part) for part in said.strip().replace("/", "-").replace(".", "-").split("-"))
        return date(year, month, day)
    except (ValueError, OverflowError) as wrong:
        raise Invalid(field, "date") from wrong
