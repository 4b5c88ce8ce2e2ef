"""The worker's care for the numbers: what changed of cases is counted anew, a few at a time."""

from __future__ import annotations

from typing import Final

from reading.numbers import keeping
from service.installation.house import House
from storage.database import snapshot, transaction

CASES: Final = 50
"""Changes that are taken up in one go: a device waits no longer for the database's one writer."""
DAYS: Final = 20
"""Days of a site, or months, that are summed in one go."""


def count_changes(house: House) -> int:
    """Turn changed cases into facts; answers of how many."""
    with snapshot(house.engine) as tx:
        found = keeping.changed(tx, CASES)
    if not found.changes:
        return 0
    with transaction(house.engine) as tx:
        return keeping.enter(tx, found)


def sum_up(house: House) -> int:
    """Make sums anew whose facts have changed; answers of how many days or months."""
    today = house.clock().date()
    with snapshot(house.engine) as tx:
        if not keeping.waits(tx, today):
            return 0
    with transaction(house.engine) as tx:
        return keeping.sum_up(tx, today, DAYS)
