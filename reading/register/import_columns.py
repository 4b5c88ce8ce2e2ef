"""Tables that bring the register: their columns, and the words of both languages for what stands in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from reading.errors import Invalid
from reading.kinds import Level, Role, Tier
from reading.row_rules import within_years
from reading.texts import NUMBERS, plain

MOST_LINES: Final = 1000


class Kind(StrEnum):
    """What a table brings."""

    ORGANISATIONS = "organisations"
    PEOPLE = "people"
    AGREEMENTS = "agreements"
    DEVICES = "devices"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of a table by the names of its columns."""

    number: int
    """From 1, as a spreadsheet counts."""
    cells: Mapping[str, str]
    wrong: Invalid | None = None
    """What keeps it from being read."""


Columns = Sequence[tuple[str, str, bool]]
"""In the order of a table without a heading: word, Chinese word, whether it must be filled."""

COLUMNS: Final[Mapping[Kind, Columns]] = {
    Kind.ORGANISATIONS: (
        ("code", "代码", True),
        ("name", "名称", True),
        ("level", "级别", True),
        ("parent", "上级代码", False),
        ("region", "行政区划代码", False),
        ("number", "机构编号", False),
        ("telephone", "电话", False),
    ),
    Kind.PEOPLE: (
        ("name", "姓名", True),
        ("organisation", "机构代码", True),
        ("role", "角色", True),
        ("title", "职称", False),
        ("username", "用户名", False),
        ("since", "开始日期", False),
        ("until", "结束日期", False),
    ),
    Kind.AGREEMENTS: (
        ("site", "送检机构代码", True),
        ("reader", "阅片机构代码", True),
        ("tier", "级别", True),
        ("since", "开始日期", False),
        ("until", "结束日期", False),
    ),
    Kind.DEVICES: (
        ("ae_title", "AE名称", True),
        ("site", "机构代码", True),
        ("network", "地址", True),
        ("port", "端口", False),
        ("character_set", "字符集", False),
        ("issuer", "发号单位", False),
        ("host", "我方连接地址", False),
    ),
}
"""Of each kind; a table with a heading may have them in any order, and leave out what need not be filled."""

LEVELS: Final = {
    **{each.value: each for each in Level},
    "区域": Level.REGION,
    "地区": Level.REGION,
    "市": Level.CITY,
    "市级": Level.CITY,
    "县": Level.COUNTY,
    "县级": Level.COUNTY,
    "区县": Level.COUNTY,
    "乡镇": Level.TOWNSHIP,
    "乡镇级": Level.TOWNSHIP,
    "乡": Level.TOWNSHIP,
    "乡级": Level.TOWNSHIP,
}
TIERS: Final = {
    **{each.value: each for each in Tier},
    "县级": Tier.COUNTY,
    "县": Tier.COUNTY,
    "邻县": Tier.NEIGHBOUR,
    "市级": Tier.CITY,
    "市": Tier.CITY,
}
ROLES: Final = {
    **{each.value: each for each in Role},
    "技师": Role.TECHNICIAN,
    "临床医师": Role.CLINICIAN,
    "报告医师": Role.READER,
    "住院医师": Role.RESIDENT,
    "进修医师": Role.RESIDENT,
    "审核医师": Role.VERIFIER,
    "复核医师": Role.REVIEWER,
    "质控负责人": Role.QUALITY_MANAGER,
    "系统管理员": Role.SYSTEM_ADMINISTRATOR,
    "安全管理员": Role.SECURITY_ADMINISTRATOR,
    "审计管理员": Role.AUDIT_ADMINISTRATOR,
}
BETWEEN_ROLES: Final = "、/+|"
"""Between several roles in one cell."""

WordT = TypeVar("WordT", bound=StrEnum)


def read(kind: Kind, said: Sequence[tuple[int, tuple[str, ...]]]) -> list[Line]:
    """The lines of a table of a kind, as `read_table` does.

    Raises:
        Invalid: as `read_table`.

    """
    return read_table(COLUMNS[kind], said)


def read_table(every: Columns, said: Sequence[tuple[int, tuple[str, ...]]]) -> list[Line]:
    """The lines of a table by their columns, without its heading.

    Raises:
        Invalid: it has no line, more than `MOST_LINES`, or a heading that names no column or lacks one.

    """
    columns = [name for name, _, _ in every]
    rest = list(said)
    heading = _heading(every, rest[0][1]) if rest else None
    if heading is not None:
        columns, rest = heading, rest[1:]
    if not 1 <= len(rest) <= MOST_LINES:
        raise Invalid("lines", "table_number")
    return [_line(every, columns, number, cells) for number, cells in rest]


def word_of(words: Mapping[str, WordT], field: str, said: str) -> WordT:
    """Raises: Invalid, where it is none of the words."""
    found = words.get(said.strip().lower())
    if found is None:
        raise Invalid(field, "unknown")
    return found


def roles_of(said: str) -> list[Role]:
    """Raises: Invalid, where one of them is none, or there is none at all."""
    plain = said
    for each in BETWEEN_ROLES:
        plain = plain.replace(each, " ")
    found = [word_of(ROLES, "role", each) for each in plain.split()]
    if not found:
        raise Invalid("role", "empty")
    return found


def day_of(field: str, said: str, zone: str, *, last: bool = False) -> datetime | None:
    """The beginning of a day on the clock of a place, of a ``last`` day its end; None where nothing is said.

    Raises:
        Invalid: it is none, or of a year that nobody means.

    """
    if not said:
        return None
    try:
        parts = [int(part) for part in said.replace("/", "-").replace(".", "-").split("-")]
        found = date(*parts)
    except (TypeError, ValueError) as wrong:
        raise Invalid(field, "date") from wrong
    begins = within_years(field, datetime(found.year, found.month, found.day, tzinfo=ZoneInfo(zone)))
    return begins + timedelta(days=1) if last else begins


def _heading(every: Columns, cells: Sequence[str]) -> list[str] | None:
    """The columns that a first line names; None where it is a line like the others.

    Raises:
        Invalid: it names some, but also something else, or not all that there must be.

    """
    named = {
        word: name for name, chinese, _ in every for word in (name, chinese, name.replace("_", " "), f"{chinese}*")
    }
    found = [named.get(cell.strip().lower(), "") or named.get(cell.strip(), "") for cell in cells]
    if sum(bool(each) for each in found) <= len(found) // 2:
        return None
    needed = {name for name, _, must in every if must}
    if not all(found) or len(set(found)) != len(found) or not needed <= set(found):
        raise Invalid("lines", "table_heading")
    return found


def _line(every: Columns, columns: Sequence[str], number: int, cells: Sequence[str]) -> Line:
    said = {name: plain(cell) if name in NUMBERS else cell for name, cell in zip(columns, cells, strict=False)}
    values = dict.fromkeys((name for name, _, _ in every), "") | said
    wrong = None
    if len(cells) > len(columns):
        wrong = Invalid("line", "table_cells")
    missing = [name for name, _, must in every if must and not values[name]]
    if missing:
        wrong = Invalid(missing[0], "table_empty")
    return Line(number=number, cells=values, wrong=wrong)
