"""Devices: their entries, where they are called, and their tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Connection, Engine

from reading.errors import Invalid, NotThere, Stale
from reading.register import device_identity, devices
from reading.register.devices import Device, Entry
from reading.register.organisations import Organisation
from storage.database import snapshot, transaction
from tests.reading.region import make_region

END = datetime(2099, 1, 1, tzinfo=UTC)


def add(tx: Connection, site: Organisation, now: datetime, **other: object) -> Device:
    known = {"ae_title": "DR1", "network": "10.1.0.0/16", "port": None, "issuer": "HILLS", "site_id": site.id}
    return devices.add(tx, **(known | other), now=now)  # type: ignore[arg-type]


def test_any_address_needs_a_certificate(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        for network in ("0.0.0.0/0", "::/0", "::ffff:0:0/96"):
            with pytest.raises(Invalid) as refused:
                add(tx, region.hills, now, network=network)
            assert refused.value.problem == "any_address_needs_a_certificate"
        anywhere = add(tx, region.hills, now, network="0.0.0.0/0", certificate_digest=b"c" * 32)

    with snapshot(engine) as tx:
        assert device_identity.identify(tx, "DR1", "8.8.8.8", now, certificate_digest=b"c" * 32) == anywhere
        assert device_identity.identify(tx, "DR1", "8.8.8.8", now, certificate_digest=b"x" * 32) is None
        assert device_identity.identify(tx, "DR1", "8.8.8.8", now) is None


WRONG: Final = [
    ({"ae_title": ""}, "ae_title", "empty"),
    ({"ae_title": "   "}, "ae_title", "empty"),
    ({"ae_title": "A" * 17}, "ae_title", "length"),
    ({"ae_title": "A\\B"}, "ae_title", "characters"),
    ({"ae_title": "A\n"}, "ae_title", "characters"),
    ({"network": "10.1.2.3/8"}, "network", "not_an_address_or_network"),  # host bits: a slip, or worse
    ({"network": "hills"}, "network", "not_an_address_or_network"),
    ({"port": 0}, "port", "range"),
    ({"port": 65536}, "port", "range"),
    ({"issuer": "X" * 65}, "issuer", "length"),
    ({"site_id": "nowhere"}, "site", "unknown"),
    ({}, "ae_title", "taken"),
]


def test_what_is_wrong_with_a_device_is_told(engine: Engine, now: datetime) -> None:
    told: list[tuple[str, str]] = []
    with transaction(engine) as tx:
        region = make_region(tx, now)
        add(tx, region.hills, now)
        for wrong, *_ in WRONG:
            with pytest.raises(Invalid) as refused:
                add(tx, region.lake, now, **wrong)
            told.append((refused.value.field, refused.value.problem))

    assert told == [(field, problem) for *_, field, problem in WRONG]


def test_a_device_that_ended_calls_no_longer_and_its_title_is_free(engine: Engine, now: datetime) -> None:
    later = now + timedelta(days=1)
    with transaction(engine) as tx:
        region = make_region(tx, now)
        old = add(tx, region.hills, now)
        token = devices.make_token(tx, old.id, now, until=END)
        devices.end(tx, old.id, later)
        new = add(tx, region.lake, later)

    with transaction(engine) as tx:
        assert device_identity.identify(tx, "DR1", "10.1.2.3", now) == devices.by_id(tx, old.id)
        assert device_identity.identify(tx, "DR1", "10.1.2.3", later) == new
        assert devices.by_token(tx, token, later) is None
        with pytest.raises(NotThere):
            devices.end(tx, old.id, later)
        with pytest.raises(NotThere):
            devices.make_token(tx, old.id, later, until=END)


def test_a_new_token_ends_the_earlier_one(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        dr1 = add(tx, make_region(tx, now).hills, now)
        first = devices.make_token(tx, dr1.id, now, until=END)
        assert devices.by_token(tx, first, now) == dr1
        second = devices.make_token(tx, dr1.id, now + timedelta(seconds=1), until=END)

    with snapshot(engine) as tx:
        assert devices.by_token(tx, first, now + timedelta(seconds=1)) is None
        assert devices.by_token(tx, second, now + timedelta(seconds=1)) == dr1
        assert devices.by_token(tx, "", now) is None
    assert len(second) == 43


@given(st.ip_addresses(v=4))
def test_an_ipv4_caller_is_the_same_inside_ipv6(address: object) -> None:
    assert devices.read_address(f"::ffff:{address}") == address == devices.read_address(str(address))


def test_a_device_is_called_where_its_entry_says_one_address_and_a_port(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        site = make_region(tx, now).hills
        one = add(tx, site, now, network="10.1.7.7", port=104)
        sixth = add(tx, site, now, network="fe80::7", port=11112)
        network = add(tx, site, now, network="10.2.0.0/16", port=104)
        portless = add(tx, site, now, network="10.1.7.8")

    assert [devices.called_at(each) for each in (one, sixth, network, portless)] == [
        ("10.1.7.7", 104),
        ("fe80::7", 11112),
        None,
        None,
    ]


def test_where_we_call_may_differ_from_where_it_calls_from(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        site = make_region(tx, now).hills
        named = add(tx, site, now, port=104, host="dr1.hills.lan")
        addressed = add(tx, site, now, network="10.2.0.0/16", port=104, host="10.2.0.9")
        portless = add(tx, site, now, network="10.3.0.0/16", host="10.2.0.9")

    assert [devices.called_at(one) for one in (named, addressed, portless)] == [
        ("dr1.hills.lan", 104),
        ("10.2.0.9", 104),
        None,
    ]


def test_an_entry_is_changed_by_whoever_saw_it_last(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        dr1 = add(tx, region.hills, now)
        add(tx, region.lake, now, network="10.9.0.0/16")
        entry = Entry(network="10.2.0.0/16", port=104, issuer="HILLS", character_set="GB18030", call_by_tls=True)
        changed = devices.change(tx, dr1.id, entry, revision=1)
        assert devices.by_id(tx, dr1.id) == changed
        with pytest.raises(Stale) as stale:
            devices.change(tx, dr1.id, entry, revision=1)
        for wrong, field, problem in (
            ({"network": "10.9.0.0/16"}, "ae_title", "taken"),
            ({"network": "0.0.0.0/0"}, "network", "any_address_needs_a_certificate"),
            ({"host": "a b"}, "host", "not_an_address_or_name"),
            ({"character_set": "UTF-8"}, "character_set", "unknown"),
            ({"certificate_digest": b"short"}, "certificate", "not_a_certificate"),
            ({"port": 0}, "port", "range"),
        ):
            with pytest.raises(Invalid) as refused:
                devices.change(tx, dr1.id, replace(entry, **wrong), revision=2)
            assert (refused.value.field, refused.value.problem) == (field, problem)
        devices.end(tx, dr1.id, now)
        with pytest.raises(NotThere):
            devices.change(tx, dr1.id, entry, revision=3)

    assert changed.entry == entry
    assert (changed.revision, changed.site_id) == (2, region.hills.id)
    assert stale.value.expected == 2
