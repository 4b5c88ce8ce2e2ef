"""The scenarios that come with the program: each is a document from which one of one's own may start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from reading.errors import NotThere

_FOLDER: Final = Path(__file__).parent / "shipped"

NAMES: Final = ("day", "market-day", "screening-campaign", "flood", "province")


def shipped(name: str) -> dict[str, Any]:
    """A document by its name.

    Raises:
        NotThere: none has this name.

    """
    if name not in NAMES:
        raise NotThere("simulation scenario", name)
    return json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
