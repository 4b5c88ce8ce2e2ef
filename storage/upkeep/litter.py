"""What sweeping may find, and which of it may be removed by whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    DRAFT = "draft"
    """What a writer that died had begun."""
    UPLOAD = "upload"
    """An upload that never came to its end, or a draft in a folder store."""
    SPOOL_COPY = "spool_copy"
    """A copy in the spool of what is stored, and was to be removed."""
    EMPTY_FOLDER = "empty_folder"
    ORPHAN = "orphan"
    """An object of no segment, or of one that was given up, each of whose instances is indexed elsewhere or erased."""
    QUARANTINE_FILE = "quarantine_file"
    """A file of the quarantine without a note and without a row: its sender was told to send again."""
    NOTED_FILE = "noted_file"
    """A file of the quarantine with a note and without a row: `rebuild-index` brings its row back."""
    UNKNOWN_INSTANCES = "unknown_instances"
    """An object of no segment with instances that the index does not know, or that cannot be read to its end.

    `rebuild-index` enters what can be read.
    """
    LOST = "lost"
    """A segment that is not stored, and its file is not in the spool of its node."""
    ABSENT_NODE = "absent_node"
    """A segment that is not stored, in the spool of a node that nobody has heard of for an hour."""
    NOT_IN_STORE = "not_in_store"
    """A segment that is said to be stored, and only the spool has it."""


SAFE: Final = frozenset({Kind.DRAFT, Kind.UPLOAD, Kind.SPOOL_COPY, Kind.EMPTY_FOLDER})
"""What the worker removes by itself."""
REMOVABLE: Final = SAFE | {Kind.ORPHAN, Kind.QUARANTINE_FILE}
"""What a person may have removed; all else is for a person to look at."""


@dataclass(frozen=True, kw_only=True)
class Litter:
    """One thing, named by a key or an id of ours."""

    kind: Kind
    name: str
    size: int = 0
    remove: Callable[[], None] | None = None
    """None where it is only reported."""


def dispose(litter: Iterable[Litter], *, only: frozenset[Kind] = REMOVABLE) -> Iterator[Litter]:
    """Remove what may be, and give back all of it as it goes."""
    for one in litter:
        if one.remove is not None and one.kind in only:
            one.remove()
        yield one
