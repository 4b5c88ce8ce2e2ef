"""The kinds of concerns and their groups."""

from __future__ import annotations

from reading.quality.kinds import GROUP_OF, GROUPS, Group, Kind
from storage.quarantine_moves import Reason


def test_every_kind_is_in_one_group() -> None:
    assert set(GROUP_OF) == set(Kind)
    assert sum(len(each) for each in GROUPS.values()) == len(Kind)
    conflicts = {str(each) for each in Reason if each.startswith("conflict")}
    assert conflicts <= {str(kind) for kind in GROUPS[Group.CONFLICT]}
