"""The documents that come with the program: each is a whole policy from which a region may start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from reading.errors import NotThere

_FOLDER: Final = Path(__file__).parent / "shipped"

NAMES: Final = (
    "first",
    "emergency",
    "green-channel",
    "dr",
    "ct-mr",
    "screening",
    "mammography",
    "children",
    "night-duty",
    "whole-region",
)
"""The first is in force from the start, the last has the rules of all."""


def shipped(name: str) -> dict[str, Any]:
    """A document by its name.

    Raises:
        NotThere: none has this name.

    """
    if name not in NAMES:
        raise NotThere("shipped policy", name)
    return json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
