"""What was on the screen of somebody who put a case aside: the series, the picture, its window."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MOST_PICTURES: Final = 100_000

Uid = Annotated[str, StringConstraints(max_length=64, pattern=r"^[0-9.]*$")]
Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Window(_Part):
    """In output units of the modality."""

    center: Number
    width: Number


class ScreenState(_Part):
    """The screen of the desk; what is not there any longer when it is shown again is left out."""

    series_uid: Uid = ""
    index: Annotated[int, Field(ge=0, lt=MOST_PICTURES)] = 0
    """Of the picture in its series, the first is 0."""
    window: Window | None = None
    """None: each picture has its own."""
    inverted: bool = False
    prior: Annotated[str, StringConstraints(max_length=26)] = ""
    """The earlier case beside it."""
