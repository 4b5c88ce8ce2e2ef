"""A CSV file of ours calculates nothing in a spreadsheet."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.views import csv_cells

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(st.lists(st.lists(st.one_of(CELLS, CELLS.map(lambda text: "=" + text)), min_size=2, max_size=3), max_size=4))
def test_what_is_written_is_read_again_and_no_cell_is_a_formula(rows: list[list[str]]) -> None:
    text = csv_cells.table(rows)
    found = list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")))

    assert found == [[csv_cells.safe(cell) for cell in row] for row in rows]
    assert all(csv_cells.safe(cell) == cell for row in found for cell in row)
    assert all(made in {cell, f"'{cell}"} for row in rows for cell in row for made in [csv_cells.safe(cell)])


@pytest.mark.parametrize(
    "cell",
    [
        "=1",
        " =1",
        "\u3000=1",
        "\n=1",
        "\r\n +1",
        "\ufeff@a",
        "\u200b-1",
        "-1-1",
        "-1.",
        "＝1",
        " ＋1",
        "﹣1",
        "＠a",
        "\t1",
    ],
)
def test_what_a_spreadsheet_would_calculate_is_text(cell: str) -> None:
    assert csv_cells.safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", " ", "左侧气胸", "1 = 1", "压缩 -60%", "'=1", "-12.50", "-7"])
def test_what_it_would_not_stays_as_it_is(cell: str) -> None:
    assert csv_cells.safe(cell) == cell
