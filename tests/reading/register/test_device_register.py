"""The register of devices: who may change which entries, and what the audit says of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import pytest
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM, Audit, events_about
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere, Stale
from reading.kinds import DeviceRight, Role
from reading.register import device_register, device_rights, devices
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
        assert events[4].details == {"site_id": site.id, "may": "store worklist"}


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


EVERY: Final = frozenset(DeviceRight)


def test_an_administrator_gives_no_right_that_opens_or_hides_images(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        sam = Context(tx, AUDIT, now, hire(tx, "sam", now, (Role.SYSTEM_ADMINISTRATOR, region.oak)))
        made = device_register.add(sam, ae_title="DR1", site_code="hills", entry=ENTRY)
        for right in (DeviceRight.QUERY, DeviceRight.RETRIEVE, DeviceRight.REJECT):
            with pytest.raises(NotAllowed):
                device_register.add(sam, ae_title="DR2", site_code="hills", entry=ENTRY, may={right})
            with pytest.raises(NotAllowed):
                device_register.set_rights(sam, made.id, {DeviceRight.STORE, right}, revision=1)
        fewer = device_register.set_rights(sam, made.id, {DeviceRight.STORE}, revision=1)

        assert fewer == device_rights.of(tx, made.id, now) == {DeviceRight.STORE}


def test_the_sites_quality_manager_gives_rights_on_record_and_nobody_elses(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        mona = hire(tx, "mona", now, (Role.QUALITY_MANAGER, region.oak))
        quinn = hire(tx, "quinn", now, (Role.QUALITY_MANAGER, region.moor))
        tang = hire(tx, "tang", now, (Role.TECHNICIAN, region.hills))
        made = device_register.add(Context(tx, AUDIT, now, SYSTEM), ae_title="DR1", site_code="hills", entry=ENTRY)
        for nobody in (quinn, tang):
            with pytest.raises(NotThere):
                device_register.set_rights(Context(tx, AUDIT, now, nobody), made.id, EVERY, revision=1)
        by_mona = Context(tx, AUDIT, now, mona)
        device_register.set_rights(by_mona, made.id, EVERY, revision=1)
        with pytest.raises(Stale):
            device_register.set_rights(by_mona, made.id, {DeviceRight.STORE}, revision=1)
        device_register.set_rights(by_mona, made.id, EVERY - {DeviceRight.REJECT}, revision=2)
        (last, first, _) = events_about(tx, "device", made.id)
        history = {one.right: one for one in device_rights.history(tx, made.id)}

        assert first.details == {"given": "query reject retrieve", "ended": ""}
        assert last.details == {"given": "", "ended": "reject"}
        assert last.actor.id == mona.person_id
        assert (history[DeviceRight.REJECT].given_by, history[DeviceRight.REJECT].ended_by) == (mona.name, mona.name)
        assert (history[DeviceRight.STORE].given_by, history[DeviceRight.STORE].until) == (None, None)


@pytest.mark.parametrize(
    "change",
    [{"network": "10.6.6.6"}, {"host": "here.example"}, {"port": 9}, {"certificate_digest": b"c" * 32}, "token"],
    ids=str,
)
def test_an_administrator_who_could_put_another_machine_in_its_place_ends_what_was_entrusted(
    change: dict[str, object] | str, engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        system = Context(tx, AUDIT, now, SYSTEM)
        sam = Context(tx, AUDIT, now, hire(tx, "sam", now, (Role.SYSTEM_ADMINISTRATOR, region.oak)))
        found: list[frozenset[DeviceRight]] = []
        for title, ctx in (("DR1", sam), ("DR2", system)):
            made = device_register.add(system, ae_title=title, site_code="hills", entry=ENTRY, may=EVERY)
            device_register.change(ctx, made.id, revision=1, character_set="GBK")
            assert device_rights.of(tx, made.id, now) == EVERY
            if isinstance(change, str):
                device_register.make_token(ctx, made.id)
            else:
                device_register.change(ctx, made.id, revision=2, **change)
            found.append(device_rights.of(tx, made.id, now))

        assert found == [{DeviceRight.STORE, DeviceRight.WORKLIST}, EVERY]


def test_a_token_ends(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        make_region(tx, now)
        ctx = Context(tx, AUDIT, now, SYSTEM)
        made = device_register.add(ctx, ae_title="DR1", site_code="hills", entry=ENTRY)
        token = device_register.make_token(ctx, made.id, days=30)

        assert devices.by_token(tx, token, now + timedelta(days=29)) == made
        assert devices.by_token(tx, token, now + timedelta(days=30)) is None
        assert devices.token_ends(tx, [made.id], now) == {made.id: now + timedelta(days=30)}
        for days in (0, 2000):
            with pytest.raises(Invalid):
                device_register.make_token(ctx, made.id, days=days)
