"""Pictures of an entry as they are handed in: rendered, with what the header says of names burned into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from reading.errors import Invalid, NotAllowed

MOST: Final = 8
LARGEST_BYTES: Final = 1 << 20
_JPEG: Final = b"\xff\xd8\xff"


class Burned(StrEnum):
    """What is known of names in the pixels (Burned In Annotation, PS3.3 C.7.6.1.1.5)."""

    NO = "no"
    POSSIBLE = "possible"
    """The header does not say, and pictures of this kind often have one."""
    YES = "yes"


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """One frame as a JPEG without any header, without overlay planes."""

    jpeg: bytes = field(repr=False)
    burned: Burned


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture that somebody chose."""

    sop_instance_uid: str
    frame: int
    """The first is 1."""
    rendered: Rendered
    looked_at: bool
    """They ticked that they looked for a name in it."""


def check(pictures: Sequence[Picture]) -> None:
    """Make sure that these pictures may be kept.

    Raises:
        NotAllowed: one says that a name is burned in.
        Invalid: too many, too large, one twice, or one that nobody ticked where a name is possible.

    """
    if len(pictures) > MOST:
        raise Invalid("pictures", "too_many_pictures")
    if len({(one.sop_instance_uid, one.frame) for one in pictures}) < len(pictures):
        raise Invalid("pictures", "picture_twice")
    for one in pictures:
        if one.rendered.burned is Burned.YES:
            raise NotAllowed("name_burned_in")
        if one.rendered.burned is Burned.POSSIBLE and not one.looked_at:
            raise Invalid("pictures", "not_looked_at")
        if len(one.rendered.jpeg) > LARGEST_BYTES or not one.rendered.jpeg.startswith(_JPEG):
            raise Invalid("pictures", "picture_too_large")
