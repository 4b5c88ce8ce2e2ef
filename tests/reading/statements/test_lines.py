"""Lines sum their cases; what was settled, with what is adjusted, is what counts now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from reading.statements.lines import Item, Key, adjustments, items_of, lines_of
from reading.statements.money import Per
from reading.statements.price_list import Price
from reading.statements.work import Service, Work

SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 3, 9, 16, tzinfo=UTC)
"""Of the tenth of March."""
BY_CASE = Price(id="a", per=Per.CASE, fen=1250, first_day=date(2026, 3, 1), last_day=date(2026, 3, 9))
BY_WEIGHT = Price(id="b", per=Per.WEIGHT, fen=25, first_day=date(2026, 3, 10))


def work(case_id: str, at: datetime, weight: int = 18, reader: str = "oak") -> Work:
    return Work(
        case_id=case_id,
        service=Service.REPORT,
        site_id="hills",
        reader_id=reader,
        at=at,
        modality="DX",
        body_part="CHEST",
        weight=weight,
    )


def test_a_price_that_changed_makes_two_lines_on_the_regions_clock() -> None:
    second = timedelta(seconds=1)
    works = [work("1", MIDNIGHT - second), work("2", MIDNIGHT), work("3", MIDNIGHT), work("4", MIDNIGHT)]
    items = items_of(works, [BY_CASE, BY_WEIGHT], SHANGHAI)
    lines = lines_of(items, {"a": BY_CASE, "b": BY_WEIGHT})

    found = [(one.key.price_id, one.count, one.weight, one.fen) for one in lines]
    assert found == [("a", 1, 18, 1250), ("b", 3, 54, 14)]


def test_work_without_a_price_is_a_line_without_money() -> None:
    (line,) = lines_of(items_of([work("1", MIDNIGHT)], [BY_CASE], SHANGHAI), {})

    assert (line.key.price_id, line.per, line.price_fen, line.count, line.fen) == (None, None, None, 1, 0)


def _item(case_id: str, price: str, count: int, weight: int) -> Item:
    key = Key(service=Service.REPORT, site_id="hills", reader_id="oak", modality="DX", price_id=price)
    return Item(case_id=case_id, key=key, at=MIDNIGHT, body_part="", count=count, weight=weight)


ITEMS = st.lists(
    st.builds(_item, st.sampled_from("123"), st.sampled_from("ab"), st.integers(-1, 1), st.integers(-40, 40)),
    max_size=8,
)


def _sums(items: Iterable[Item]) -> Counter[tuple[str, str | None, str]]:
    found: Counter[tuple[str, str | None, str]] = Counter()
    for one in items:
        found[one.case_id, one.key.price_id, "count"] += one.count
        found[one.case_id, one.key.price_id, "weight"] += one.weight
    return Counter({key: number for key, number in found.items() if number})


@given(ITEMS, ITEMS)
def test_what_was_settled_with_its_adjustment_is_what_counts(now: list[Item], settled: list[Item]) -> None:
    adjusted = adjustments(now, settled)

    assert _sums([*settled, *adjusted]) == _sums(now)
    assert all(one.key.adjusts and (one.count or one.weight) for one in adjusted)
    assert len({(one.case_id, one.key) for one in adjusted}) == len(adjusted)
    assert adjustments(now, [*settled, *adjusted]) == []
