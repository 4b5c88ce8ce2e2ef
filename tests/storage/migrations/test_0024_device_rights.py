"""Devices from before store and ask for their worklist; what they looked at lately is noted as lacking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.kinds import DeviceRight
from reading.register import device_rights
from reading.tables import device_token, rejection
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.instances import NOON as RECEIVED
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

NOON = "2026-03-02 12:00:00+00:00"
NOW = datetime.now(UTC)


def test_a_device_keeps_what_it_needs_to_send_and_loses_what_opened_images(empty: Engine) -> None:
    upgrade_to_before(empty, "0024")
    with transaction(empty) as tx:
        site = {"id": "S", "code": "T01", "name": "Hills", "level": "township", "since": NOON}
        insert_as_it_was(tx, "organisation", site)
        for name, until in (("SENDS", None), ("LOOKS", None), ("RECEIVES", None), ("ENDED", NOON)):
            entry = {"ae_title": name, "network": "10.0.0.1/32", "site_id": "S", "issuer": "", "since": NOON}
            insert_as_it_was(tx, "device", {"id": name, "until": until, **entry})
        token = {"id": "K", "device_id": "LOOKS", "token_digest": b"t" * 32, "since": NOON}
        insert_as_it_was(tx, "device_token", token)
        rule = {"id": "R", "site_id": "S", "moment": "quiet", "device_id": "RECEIVES", "since": NOON}
        rule["planned_until"] = NOON
        insert_as_it_was(tx, "forwarding_rule", rule)
        insert_as_it_was(tx, "instance", instance("9.1", "SENDS"))
        for name, note_uid in (("N", "9.1"), ("M", "9.2"), ("P", None)):
            values = {"id": name, "note_uid": note_uid, "title": "113001", "site_id": "S", "made_at": NOON}
            insert_as_it_was(tx, "rejection", values)
        for number, (action, at) in enumerate(
            [("study.search", NOW), ("study.frames", NOW), ("study.search", NOW - timedelta(days=90))]
        ):
            insert_as_it_was(tx, "audit_event", event(number, action, at, "SENDS" if number == 2 else "LOOKS"))

    migrate(empty)

    with snapshot(empty) as tx:
        may = device_rights.of_each(tx, ["SENDS", "LOOKS", "RECEIVES", "ENDED"], datetime.now(UTC))
        lacks = device_rights.lacking(tx, ["SENDS", "LOOKS", "RECEIVES"])
        until = tx.scalar(sa.select(device_token.c.until))
        notes = {row.id: (row.device_id, row.whole_site) for row in tx.execute(sa.select(rejection))}
    usual = {DeviceRight.STORE, DeviceRight.WORKLIST}
    assert may == {
        "SENDS": usual, "LOOKS": usual, "RECEIVES": usual | {DeviceRight.RETRIEVE}, "ENDED": frozenset(),
    }  # fmt: skip
    assert {name: set(each) for name, each in lacks.items()} == {
        "SENDS": set(),
        "LOOKS": {DeviceRight.QUERY, DeviceRight.RETRIEVE},
        "RECEIVES": set(),
    }
    assert until is not None
    assert timedelta(days=364) < until - NOW < timedelta(days=366)
    assert notes == {"N": ("SENDS", False), "M": (None, False), "P": (None, True)}


def instance(sop_instance_uid: str, device_id: str) -> dict[str, Any]:
    uids = dict.fromkeys(
        ("sop_class_uid", "series_uid", "study_uid", "transfer_syntax_uid", "received_transfer_syntax_uid"), "1.2"
    )
    numbers = dict.fromkeys(("offset", "size", "dataset_offset"), 1)
    digests = dict.fromkeys(("received_digest", "stored_digest"), b"d" * 32)
    return {
        "sop_instance_uid": sop_instance_uid, **uids, **numbers, **digests, "segment_id": "G", "site_id": "S",
        "device_id": device_id, "received_at": str(RECEIVED),
    }  # fmt: skip


def event(number: int, action: str, at: datetime, device_id: str) -> dict[str, Any]:
    return {
        "writer": "w", "action": action, "number": number, "at": str(at), "actor_kind": "machine",
        "actor_id": device_id,
        "subject_kind": "list", "subject_id": "", "outcome": "done", "details": "{}", "previous": b"p" * 32,
        "digest": b"d" * 32,
    }  # fmt: skip
