"""An event of the audit as it is listed and exported: ids and words of ours."""

from __future__ import annotations

from typing import Any

from reading.audit import Event


def event_row(one: Event) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(),
        "actor_kind": one.actor.kind,
        "actor_id": one.actor.id,
        "action": one.action,
        "subject_kind": one.subject_kind,
        "subject_id": one.subject_id,
        "outcome": one.outcome,
        "details": dict(one.details),
        "writer": one.writer,
        "number": one.number,
    }
