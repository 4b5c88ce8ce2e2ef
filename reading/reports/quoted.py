"""Conclusions of consultations (会诊意见) as a signed version quotes them: the words, and who took part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.tables import consultation


def conclusions(tx: Connection, case_id: str) -> Sequence[dict[str, Any]]:
    """The concluded consultations of a case, the oldest first."""
    said = consultation.c
    rows = tx.execute(
        sa.select(said.id, said.question, said.conclusion, said.ended_at, said.took_part)
        .where(said.case_id == case_id, said.conclusion != "")
        .order_by(said.ended_at, said.id)
    )
    return [
        {
            "id": row.id,
            "question": row.question,
            "conclusion": row.conclusion,
            "concluded_at": row.ended_at.isoformat(timespec="microseconds"),
            "took_part": row.took_part,
        }
        for row in rows
    ]
