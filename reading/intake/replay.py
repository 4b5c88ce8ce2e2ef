"""Which decision of the journal is made again by which module of the clinical work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy.engine import Connection

from reading.intake import rejections, surgery
from reading.patients import attribution

Replay: TypeAlias = Callable[[Connection, Mapping[str, Any], datetime], bool]
"""(transaction, payload, when it was decided) -> whether what it is about is there."""

REPLAYS: Final[Mapping[str, Replay]] = {
    attribution.KIND: attribution.replay,
    rejections.MADE: rejections.replay,
    rejections.FOUND: rejections.replay_found,
    rejections.LIFTED: rejections.replay_lifted,
    surgery.MADE: surgery.replay,
    surgery.UNDONE: surgery.replay_undone,
}
