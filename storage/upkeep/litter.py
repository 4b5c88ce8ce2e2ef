"""The kinds of things that sweeping finds, and who may remove which."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    DRAFT = "draft"
    """A draft of a writer that died."""
    UPLOAD = "upload"
    """An upload that never ended, or a draft in a folder store."""
    SPOOL_COPY = "spool_copy"
    """A copy in the spool of a stored segment, which should have been removed."""
    EMPTY_FOLDER = "empty_folder"
    ORPHAN = "orphan"
    """An object of no segment or of one that is gone; each of its instances is indexed elsewhere or erased."""
    QUARANTINE_FILE = "quarantine_file"
    """A quarantine file without a note and a row: its sender was told to send again."""
    NOTED_FILE = "noted_file"
    """A quarantine file with a note and without a row: `rebuild-index` inserts the row again."""
    UNKNOWN_INSTANCES = "unknown_instances"
    """An object of no segment that cannot be read to its end, or has instances that the index does not know.

    `rebuild-index` enters the readable ones.
    """
    LOST = "lost"
    """A segment that is not stored, and not in the spool of its node."""
    ABSENT_NODE = "absent_node"
    """A segment that is not stored, in the spool of a node that has been silent for an hour."""
    NOT_IN_STORE = "not_in_store"
    """A segment that is stored by its row, and that only the spool has."""


SAFE: Final = frozenset({Kind.DRAFT, Kind.UPLOAD, Kind.SPOOL_COPY, Kind.EMPTY_FOLDER})
"""Kinds that the worker removes by itself."""
REMOVABLE: Final = SAFE | {Kind.ORPHAN, Kind.QUARANTINE_FILE}
"""Kinds that a person may have removed; the others are only reported."""


@dataclass(frozen=True, kw_only=True)
class Litter:
    """One thing, named by a key or an id of ours."""

    kind: Kind
    name: str
    size: int = 0
    remove: Callable[[], None] | None = None
    """None where it is only reported."""


def dispose(litter: Iterable[Litter], *, only: frozenset[Kind] = REMOVABLE) -> Iterator[Litter]:
    """Remove what may be removed; answers everything, removed or not, one by one."""
    for one in litter:
        if one.remove is not None and one.kind in only:
            one.remove()
        yield one
