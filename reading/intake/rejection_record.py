"""Records of rejections: their rows, their entries in the journal, and the rows made again from the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.row_rules import known
from reading.tables import person, rejected_instance, rejection
from storage.database import insert_new, portions
from storage.ids import new_id
from storage.index import journal
from storage.tables import instance

MADE: Final = "rejection"
FOUND: Final = "rejection_found"
LIFTED: Final = "rejection_lifted"
"""Kinds of journal entries: with them a rebuilt index takes no note twice and hides nothing that was lifted."""


class Title(StrEnum):
    """What rejects: a key object selection with one of these titles (PS3.16 CID 7011), or a person."""

    QUALITY = "113001"
    PATIENT_SAFETY = "113037"
    WRONG_WORKLIST_ENTRY = "113038"
    RETENTION_EXPIRED = "113039"
    PERSON = "person"


class Standing(StrEnum):
    """What a rejection does to an image that it names."""

    WAITING = "waiting"
    """The image is not here yet."""
    HIDDEN = "hidden"
    FOREIGN = "foreign"
    """The image is another site's, or another device's: nothing happens to it."""
    LIFTED = "lifted"


@dataclass(frozen=True, kw_only=True)
class Rejection:
    id: str
    title: Title
    site_id: str
    made_by: str | None
    """The name of the person; None for a note."""
    made_at: datetime
    why: str = field(repr=False)
    lifted_by: str | None
    lifted_at: datetime | None
    lifted_why: str = field(repr=False)
    instances: dict[str, Standing] = field(repr=False)
    """What it does to each image that was asked for."""


def about(tx: Connection, sop_instance_uids: Iterable[str]) -> list[Rejection]:
    """The rejections that name any of these, the newest first."""
    lifter = person.alias("lifter")
    found: dict[str, Rejection] = {}
    for uids in portions(sorted(set(sop_instance_uids))):
        rows = tx.execute(
            sa.select(
                rejection,
                rejected_instance.c.sop_instance_uid,
                rejected_instance.c.state,
                person.c.name.label("maker"),
                lifter.c.name.label("lifter"),
            )
            .join_from(rejected_instance, rejection, rejection.c.id == rejected_instance.c.rejection_id)
            .outerjoin(person, person.c.id == rejection.c.made_by)
            .outerjoin(lifter, lifter.c.id == rejection.c.lifted_by)
            .where(rejected_instance.c.sop_instance_uid.in_(uids))
        )
        for row in rows:
            one = found.setdefault(row.id, _rejection(row))
            one.instances[row.sop_instance_uid] = Standing(row.state)
    return sorted(found.values(), key=lambda one: (one.made_at, one.id), reverse=True)


def write(tx: Connection, sop_instance_uids: Sequence[str], **values: Any) -> str | None:
    """Write a new rejection; answers its id, None where this note was taken before."""
    made = new_id()
    new = insert_new(tx, rejection).values(id=made, **values).execution_options(preserve_rowcount=True)
    if tx.execute(new).rowcount != 1:
        return None
    told = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
    journal.write(tx, MADE, {"id": made, "instances": list(sop_instance_uids), **told}, values["made_at"])
    _write_named(tx, made, sop_instance_uids)
    return made


def _write_named(tx: Connection, made: str, sop_instance_uids: Sequence[str]) -> None:
    for uids in portions(sop_instance_uids):
        rows = [{"rejection_id": made, "sop_instance_uid": uid, "state": Standing.WAITING} for uid in uids]
        tx.execute(sa.insert(rejected_instance), rows)


def set_states(tx: Connection, rejection_id: str, states: Mapping[str, str]) -> None:
    """Write what a rejection does to each of these images, in the order of their UIDs, as everybody locks them."""
    for uid, state in sorted(states.items()):
        tx.execute(
            sa.update(rejected_instance)
            .where(rejected_instance.c.rejection_id == rejection_id)
            .where(rejected_instance.c.sop_instance_uid == uid)
            .values(state=state)
        )


def replay(tx: Connection, payload: Mapping[str, Any], _now: datetime) -> bool:
    """Write a rejection of the journal again; hiding its images is an entry of its own (`storage.decisions`)."""
    values = {name: value for name, value in payload.items() if name != "instances"}
    values["made_at"] = datetime.fromisoformat(values["made_at"])
    values["made_by"] = known(tx, person, values.get("made_by"))
    # Entries from before devices had rights: a note hides what its own device sent, as far as it still waits for it.
    if values.get("note_uid") and "device_id" not in values:
        sent_by = sa.select(instance.c.device_id).where(instance.c.sop_instance_uid == values["note_uid"])
        values |= {"device_id": tx.scalar(sent_by), "whole_site": False}
    new = insert_new(tx, rejection).values(values).execution_options(preserve_rowcount=True)
    if tx.execute(new).rowcount == 1:
        _write_named(tx, payload["id"], payload["instances"])
    return True


def replay_found(tx: Connection, payload: Mapping[str, Any], _now: datetime) -> bool:
    """Note again what a rejection has found; False when the rejection is not there."""
    set_states(tx, payload["id"], payload["states"])
    return tx.scalar(sa.select(rejection.c.id).where(rejection.c.id == payload["id"])) is not None


def replay_lifted(tx: Connection, payload: Mapping[str, Any], _now: datetime) -> bool:
    """Note again that a rejection was lifted; False when it is not there."""
    lifted_by = known(tx, person, payload["lifted_by"])
    return lift(tx, payload["id"], lifted_by, datetime.fromisoformat(payload["lifted_at"]), payload["lifted_why"])


def lift(tx: Connection, rejection_id: str, lifted_by: str | None, now: datetime, why: str) -> bool:
    """Note that a rejection was lifted; False when it is not there."""
    lifted = {"lifted_by": lifted_by, "lifted_at": now, "lifted_why": why}
    done = tx.execute(sa.update(rejection).where(rejection.c.id == rejection_id).values(lifted))
    undecided = rejected_instance.c.state.in_((Standing.HIDDEN, Standing.WAITING))
    of_this = rejected_instance.c.rejection_id == rejection_id
    tx.execute(sa.update(rejected_instance).where(of_this, undecided).values(state=Standing.LIFTED))
    return done.rowcount == 1


def _rejection(row: sa.Row[Any]) -> Rejection:
    return Rejection(
        id=row.id,
        title=Title(row.title),
        site_id=row.site_id,
        made_by=row.maker,
        made_at=row.made_at,
        why=row.why,
        lifted_by=row.lifter,
        lifted_at=row.lifted_at,
        lifted_why=row.lifted_why or "",
        instances={},
    )
