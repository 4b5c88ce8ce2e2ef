"""Which decision of the journal is made again by which module of the clinical work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy.engine import Connection

from reading.intake import rejection_record, surgery_record
from reading.patients import attribution

Replay: TypeAlias = Callable[[Connection, Mapping[str, Any], datetime], bool]
"""(transaction, payload, when it was decided) -> whether what it is about is there."""

REPLAYS: Final[Mapping[str, Replay]] = {
    attribution.KIND: attribution.replay,
    rejection_record.MADE: rejection_record.replay,
    rejection_record.FOUND: rejection_record.replay_found,
    rejection_record.LIFTED: rejection_record.replay_lifted,
    surgery_record.MADE: surgery_record.replay,
    surgery_record.UNDONE: surgery_record.replay_undone,
}
