"""UIDs and AE titles of negotiations are checked once: pynetdicom looks at every character wherever one is passed on.

An association in which 128 contexts are proposed has some two thousand such checks, of a few hundred UIDs that all
devices propose.
"""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType
from typing import Any, Final

from pydicom.uid import UID
from pynetdicom import association, dimse_primitives, pdu_items, pdu_primitives, presentation
from pynetdicom.utils import set_ae, set_uid

_MOST: Final = 4096
_LONGEST: Final = 64
_USERS: Final[tuple[ModuleType, ...]] = (dimse_primitives, pdu_items, pdu_primitives, presentation)

_checked: Final = lru_cache(_MOST)(set_uid)
_checked_titles: Final = lru_cache(_MOST)(set_ae)
"""What they raise is not remembered."""


def _remembered(
    value: str | bytes | UID | None,
    name: str,
    allow_empty: bool = True,  # noqa: FBT001, FBT002 # pynetdicom's own
    allow_none: bool = True,  # noqa: FBT001, FBT002
    validate: bool = True,  # noqa: FBT001, FBT002
) -> UID | None:
    """As pynetdicom's `set_uid`."""
    known: Any = _checked if isinstance(value, str | bytes) and len(value) <= _LONGEST else set_uid
    return known(value, name, allow_empty, allow_none, validate)


def _remembered_title(
    value: str | None,
    name: str,
    allow_empty: bool = True,  # noqa: FBT001, FBT002 # pynetdicom's own
    allow_none: bool = True,  # noqa: FBT001, FBT002
) -> str | None:
    """As pynetdicom's `set_ae`."""
    known: Any = _checked_titles if isinstance(value, str) and len(value) <= _LONGEST else set_ae
    return known(value, name, allow_empty, allow_none)


def remember_uids() -> None:
    """Let pynetdicom remember which UIDs and AE titles it has checked, in this process."""
    setattr(association, "set_ae", _remembered_title)  # noqa: B010 # as below
    for module in _USERS:
        setattr(module, "set_uid", _remembered)  # noqa: B010 # a module has no such attribute by its type
