"""Why pictures of an object may be apart: the rows of docs/pictures.md, as far as a comparison can tell them."""

from __future__ import annotations

from typing import Final

from tests.pictures.comparison import Compared, Sent

LOSSY_JPEG: Final = "lossy JPEG"
_LOSSY: Final = frozenset(f"1.2.840.10008.1.2.4.{one}" for one in (50, 51, 53, 55))


def reason(one: Sent, found: Compared) -> str | None:
    """The row that explains what was found; None where it is a fault."""
    if one.sent.transfer_syntax in _LOSSY and max(found.differs.values(), default=0) < 64:
        return LOSSY_JPEG
    return None
