"""Regrouping: the changes that show chosen images in another study."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from storage.decisions.placement_changes import Change, InstancesMoved, SeriesMade, SeriesMoved
from storage.records import Instance


def separate(instances: Sequence[Instance], chosen: frozenset[str], study_uid: str) -> list[Change]:
    """Show chosen instances in a study: a series of which all are chosen moves whole, a part becomes a new series.

    ``instances`` are all instances of the studies from which they are chosen, hidden ones too.
    """
    changes: list[Change] = []
    by_series: dict[str, list[Instance]] = {}
    for one in instances:
        by_series.setdefault(one.series_uid, []).append(one)
    for series_uid, inside in sorted(by_series.items()):
        moving = tuple(one.sop_instance_uid for one in inside if one.sop_instance_uid in chosen)
        origin = inside[0].study_uid
        if not moving or origin == study_uid:
            continue
        if len(moving) == len(inside):
            changes.append(SeriesMoved(series_uid=series_uid, from_study=origin, to_study=study_uid))
            continue
        made = new_uid()
        changes.append(SeriesMade(series_uid=made, study_uid=study_uid, like=series_uid))
        changes.append(
            InstancesMoved(
                sop_instance_uids=moving,
                from_study=origin,
                from_series=series_uid,
                to_study=study_uid,
                to_series=made,
            )
        )
    return changes


def new_uid() -> str:
    """A UID of our own, made from a UUID (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"
