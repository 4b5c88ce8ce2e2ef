"""What somebody may set for themselves at the desk: the shape of each setting, by its name."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints, ValidationError

from reading.errors import Invalid
from reading.texts import storable

LONGEST: Final = 16_384
"""Bytes of a value as JSON."""


class Setting(StrEnum):
    WORKLIST = "worklist"
    GRIDS = "grids"
    KEYS = "keys"
    WINDOWS = "windows"
    DESK = "desk"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Column = Literal["due", "patient", "examination", "site", "arrival", "images", "state", "holder"]


class _Columns(_Shape):
    order: Annotated[list[Column], Field(max_length=8)]
    hidden: Annotated[list[Column], Field(max_length=8)]


class _KeptFilter(_Shape):
    name: Annotated[str, StringConstraints(min_length=1, max_length=30)]
    address: Annotated[
        str, StringConstraints(pattern=r"^#/\?tab=[a-z_]{1,30}(&(state|modality|site|sort)=[\w.-]{1,40})*$")
    ]
    """Of a list, without the words that somebody seeks a patient by."""


class _Worklist(_Shape):
    """Each part by itself: what somebody never changed is missing."""

    columns: _Columns = _Columns(order=[], hidden=[])
    preview: bool = False
    kept: Annotated[list[_KeptFilter], Field(max_length=20)] = []


_Modality = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_]{1,16}$")]
_Grid = Annotated[str, StringConstraints(pattern=r"^[1-4]x[1-4]$")]


class _Grids(RootModel[Annotated[dict[_Modality, _Grid], Field(max_length=60)]]):
    """Rows and columns in which a person hangs the examinations of a modality."""

    model_config = ConfigDict(frozen=True, strict=True)


_Act = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,29}$")]
_Key = Annotated[str, StringConstraints(pattern=r"^(Ctrl )?(Shift )?\S{1,12}$")]


class _Keys(RootModel[Annotated[dict[_Act, _Key], Field(max_length=120)]]):
    """The keys that a person put elsewhere, by the acts of the desk (viewer/web/src/keys/acts.ts)."""

    model_config = ConfigDict(frozen=True, strict=True)


class _Window(_Shape):
    """In output units of the modality (PS3.3 C.11.2.1.2)."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    center: Annotated[float, Field(ge=-100_000, le=100_000)]
    width: Annotated[float, Field(ge=1, le=100_000)]
    key: Annotated[str, StringConstraints(pattern=r"^[1-5]?$")]


class _Windows(
    RootModel[Annotated[dict[_Modality, Annotated[list[_Window], Field(max_length=12)]], Field(max_length=60)]]
):
    """Windows that a person keeps, by modality."""

    model_config = ConfigDict(frozen=True, strict=True)


class _Desk(RootModel[dict[Literal["text_px"], Annotated[int, Field(ge=12, le=20)]]]):
    """How a desk is set: the size of the words beside the pictures, in points of the screen."""

    model_config = ConfigDict(frozen=True, strict=True)


_SHAPES: Final[dict[Setting, type[BaseModel]]] = {
    Setting.WORKLIST: _Worklist,
    Setting.GRIDS: _Grids,
    Setting.KEYS: _Keys,
    Setting.WINDOWS: _Windows,
    Setting.DESK: _Desk,
}


def checked(setting: Setting, value: object) -> Any:
    """The value, once it has the shape of its setting.

    Raises:
        Invalid: it has another shape, or is too large.

    """
    written = json.dumps(value, ensure_ascii=False)
    if len(written.encode(errors="surrogatepass")) > LONGEST:
        raise Invalid("value", "too_long")
    storable("value", written)
    try:
        return _SHAPES[setting].model_validate(value).model_dump(mode="json", exclude_unset=True)
    except ValidationError as refusal:
        raise Invalid("value", "unknown") from refusal
