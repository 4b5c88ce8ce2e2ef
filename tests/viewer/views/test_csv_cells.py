"""A CSV file of ours calculates nothing in a spreadsheet."""

from __future__ import annotations

import csv
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st

from viewer.views import csv_cells

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(st.lists(st.lists(st.one_of(CELLS, CELLS.map(lambda text: "=" + text)), min_size=2, max_size=3), max_size=4))
def test_what_is_written_is_read_again_and_no_cell_is_a_formula(rows: list[list[str]]) -> None:
    text = csv_cells.table(rows)
    found = list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")))

    assert [[cell.removeprefix("'") if cell[1:2] in csv_cells.FORMULA else cell for cell in row] for row in found] == [
        [cell.removeprefix("'") if cell[1:2] in csv_cells.FORMULA else cell for cell in row] for row in rows
    ]
    assert all(not cell.startswith(csv_cells.FORMULA) for row in found for cell in row)
