"""Which device is calling."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.engine import Engine

from reading.register import device_identity, devices
from reading.register.device_identity import Unknown
from reading.register.devices import Device
from storage.database import snapshot, transaction
from tests.reading.region import make_region
from tests.reading.register.test_devices import add


def test_a_device_is_known_by_ae_title_and_address(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        dr1 = add(tx, make_region(tx, now).hills, now)

    with snapshot(engine) as tx:
        assert device_identity.identify(tx, "DR1", "10.1.2.3", now) == dr1
        assert device_identity.identify(tx, " DR1 ", "10.1.2.3", now) == dr1
        assert device_identity.identify(tx, "DR1", "::ffff:10.1.2.3", now) == dr1
        assert device_identity.identify(tx, "DR1", "10.2.0.1", now) is None
        assert device_identity.identify(tx, "dr1", "10.1.2.3", now) is None
        assert device_identity.identify(tx, "DR2", "10.1.2.3", now) is None
        assert device_identity.identify(tx, "DR1", "no address", now) is None
        assert device_identity.identify(tx, "DR1", "10.1.2.3", now - timedelta(seconds=1)) is None


def test_the_same_ae_title_is_another_device_at_another_address(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        wide = add(tx, region.hills, now)
        narrow = add(tx, region.lake, now, network="10.1.7.7")
        sixth = add(tx, region.moor, now, network="fe80::/64")

    with snapshot(engine) as tx:
        assert device_identity.identify(tx, "DR1", "10.1.2.3", now) == wide
        assert device_identity.identify(tx, "DR1", "10.1.7.7", now) == narrow
        assert device_identity.identify(tx, "DR1", "fe80::1%eth0", now) == sixth
        assert narrow.network == "10.1.7.7/32"
        assert devices.list_all(tx) == [wide, narrow, sixth]


def test_a_device_that_must_call_by_tls_is_nobody_without(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        wide = add(tx, region.hills, now)
        secure = add(tx, region.lake, now, network="10.1.7.7", tls_required=True)
        bound = add(tx, region.lake, now, network="10.1.8.8", certificate_digest=b"c" * 32)

    with snapshot(engine) as tx:
        assert device_identity.identify(tx, "DR1", "10.1.7.7", now, tls=True) == secure
        # and it does not become the device of the wider network
        assert device_identity.identify(tx, "DR1", "10.1.7.7", now) is None
        assert device_identity.identify(tx, "DR1", "10.1.8.8", now, tls=True) is None
        assert device_identity.identify(tx, "DR1", "10.1.8.8", now, tls=True, certificate_digest=b"c" * 32) == bound
        assert device_identity.identify(tx, "DR1", "10.1.9.9", now) == wide


def test_a_certificate_says_more_than_an_address(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        add(tx, region.hills, now)
        roaming = add(tx, region.lake, now, network="0.0.0.0/0", certificate_digest=b"c" * 32)

    with snapshot(engine) as tx:
        assert device_identity.identify(tx, "DR1", "10.1.7.7", now, tls=True, certificate_digest=b"c" * 32) == roaming


def test_why_nobody_knows_a_caller(engine: Engine, now: datetime) -> None:
    later = now + timedelta(days=1)
    with transaction(engine) as tx:
        site = make_region(tx, now).hills
        plain = add(tx, site, now)
        secure = add(tx, site, now, ae_title="DR2", tls_required=True)
        bound = add(tx, site, now, ae_title="DR3", certificate_digest=b"c" * 32)
        old = add(tx, site, now, ae_title="DR4")
        devices.end(tx, old.id, later)
        old = devices.by_id(tx, old.id) or old

    with snapshot(engine) as tx:

        def why(title: str, address: str = "10.1.2.3", **shown: object) -> tuple[Unknown, Device | None]:
            assert device_identity.identify(tx, title, address, later, **shown) is None  # type: ignore[arg-type]
            return device_identity.why_unknown(tx, title, address, later, **shown)  # type: ignore[arg-type]

        assert why("CT9") == (Unknown.TITLE, None)
        assert why("DR1", "10.2.0.1") == (Unknown.ADDRESS, plain)
        assert why("DR2") == (Unknown.NO_TLS, secure)
        assert why("DR3") == (Unknown.NO_TLS, bound)
        assert why("DR3", tls=True) == (Unknown.NO_CERTIFICATE, bound)
        assert why("DR3", tls=True, certificate_digest=b"x" * 32) == (Unknown.OTHER_CERTIFICATE, bound)
        assert why("DR4") == (Unknown.ENDED, old)
        assert why("DR4", "10.2.0.1") == (Unknown.TITLE, None)


def test_the_only_device_at_an_address(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        site = make_region(tx, now).hills
        alone = add(tx, site, now, network="10.1.1.1")
        add(tx, site, now, ae_title="DR2", network="10.2.0.0/16")
        add(tx, site, now, ae_title="DR3", network="10.2.0.1")
        add(tx, site, now, ae_title="DR4", network="0.0.0.0/0", certificate_digest=b"c" * 32)

    with snapshot(engine) as tx:
        assert device_identity.only_device_at(tx, "10.1.1.1", now) == alone
        assert device_identity.only_device_at(tx, "10.2.0.1", now) is None
        assert device_identity.only_device_at(tx, "8.8.8.8", now) is None
