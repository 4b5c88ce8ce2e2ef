"""What pages ask about bytes in quarantine; `service` answers, since the viewer does not read DICOM."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from storage.records import Held, Instance


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One attribute; a value is None where that side does not have it."""

    keyword: str
    """PS3.6 keyword, after the keywords of the sequences that hold it; the tag of a private attribute."""
    stored: str | None = field(repr=False)
    newcomer: str | None = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Compared:
    attributes: tuple[Difference, ...]
    more: int
    """How many more differ than are listed."""
    pixels: str
    """'same', 'other' or 'none'."""


class Evidence(Protocol):
    def compare(self, newcomer: Held, stored: Instance) -> Compared | None:
        """What differs; None where one of the two is too large, unreadable or out of reach at the moment."""
        ...

    def picture(self, one: Held) -> tuple[bytes, str]:
        """A small picture and its media type. Raises NotThere where there is nothing to show."""
        ...

    def content(self, one: Held) -> Iterator[bytes]:
        """The bytes as they were received. Raises NotThere where they lie on another node or are gone."""
        ...

    def receive_again(self, one: Held) -> str | None:
        """Hand the bytes to the receiver once more; answers why it refuses them still, None where it accepts them.

        Raises: NotThere, as `content`.
        """
        ...
