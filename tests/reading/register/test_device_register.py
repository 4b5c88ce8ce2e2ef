"""The register of devices: who may change which entries, and what the audit says of it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import pytest
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM, Audit, events_about
from reading.context import Context
from reading.errors import Invalid, NotThere, Stale
from reading.kinds import Role
from reading.register import device_register, devices
from reading.register.devices import Entry
from storage.database import transaction
from tests.reading.region import hire, make_region

AUDIT: Final = Audit("web")
ENTRY: Final = Entry(network="10.1.2.3", port=104)


def test_the_command_line_registers_a_device_anywhere_and_the_site_issues_its_patient_ids(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        site = make_region(tx, now).hills
        ctx = Context(tx, AUDIT, now, SYSTEM)
        made = device_register.add(ctx, ae_title="DR1", site_code="hills", entry=ENTRY)
        changed = device_register.change(ctx, made.id, revision=1, host="dr1.example", port=105)
        token = device_register.make_token(ctx, made.id)
        device_register.begin_check(ctx, made.id)
        device_register.end(ctx, made.id)
        events = events_about(tx, "device", made.id)

        assert (made.site_id, made.issuer) == (site.id, "hills")
        assert (changed.network, changed.host, changed.port) == ("10.1.2.3/32", "dr1.example", 105)
        assert devices.by_token(tx, token, now) is None  # it has ended
        assert [one.action for one in events] == [
            "device.end",
            "device.check",
            "device.token",
            "device.change",
            "device.add",
        ]
        assert [one.actor for one in events] == [SYSTEM] * 5
        assert events[3].details == {"changed": "port host"}
        assert events[4].details == {"site_id": site.id}


def test_an_administrator_keeps_the_devices_of_their_organisation_and_below_alone(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        sam = hire(tx, "sam", now, (Role.SYSTEM_ADMINISTRATOR, region.oak))
        tang = hire(tx, "tang", now, (Role.TECHNICIAN, region.hills))
        by_sam, by_tang = Context(tx, AUDIT, now, sam), Context(tx, AUDIT, now, tang)
        own = device_register.add(by_sam, ae_title="DR1", site_code="hills", entry=ENTRY)
        foreign = device_register.add(Context(tx, AUDIT, now, SYSTEM), ae_title="DR2", site_code="moor", entry=ENTRY)

        for ctx, site, one in ((by_sam, "moor", foreign), (by_tang, "hills", own)):
            with pytest.raises(NotThere):
                device_register.add(ctx, ae_title="DR3", site_code=site, entry=ENTRY)
            with pytest.raises(NotThere):
                device_register.change(ctx, one.id, revision=1, port=105)
            for act in (device_register.end, device_register.make_token, device_register.begin_check):
                with pytest.raises(NotThere):
                    act(ctx, one.id)
        with pytest.raises(Stale):
            device_register.change(by_sam, own.id, revision=2, port=105)
        with pytest.raises(Invalid):
            device_register.change(by_sam, own.id, revision=1, port=0)
        device_register.end(by_sam, own.id)

        assert [one.actor.id for one in events_about(tx, "device", own.id)] == [sam.person_id] * 2
        assert len(events_about(tx, "device", foreign.id)) == 1


def test_a_device_is_named_by_a_title_that_one_device_has(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        make_region(tx, now)
        ctx = Context(tx, AUDIT, now, SYSTEM)
        first = device_register.add(ctx, ae_title="DR1", site_code="hills", entry=ENTRY)
        alone = device_register.by_title(tx, "DR1", now)
        device_register.add(ctx, ae_title="DR1", site_code="lake", entry=Entry(network="10.9.9.9"))
        with pytest.raises(Invalid, match="ambiguous"):
            device_register.by_title(tx, "DR1", now)
        with pytest.raises(NotThere):
            device_register.by_title(tx, "DR2", now)

    assert alone == first
