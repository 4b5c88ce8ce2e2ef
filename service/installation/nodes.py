"""A node among others: it reads what they hold, lends them what it holds, and takes it to the object store."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.engine import Engine

from reading.patients.keys import Keys
from service.installation.house import House
from service.installation.installation import CannotStart
from service.installation.node_lock import Claim
from storage.database import snapshot, transaction
from storage.keeping.shipping import Postponed, ship, stored_of
from storage.nodes import other_nodes
from storage.nodes.lender import Lender
from storage.nodes.other_nodes import Holders
from storage.nodes.reader import Bytes
from storage.upkeep import segment_queries

SHIP_SECONDS: Final = 2.0
LEND_SECONDS: Final = 2.0
TRIM_SECONDS: Final = 600.0
_REPAIR: Final = timedelta(hours=3)
"""Longer than a repair takes, with the last read of a damaged block before it."""
STAND_BACK_SECONDS: Final = 10.0
"""Time that a receiving process waits before it ships segments itself, so that a worker beside it comes first."""


def bytes_of(house: House) -> Bytes:
    """Reads instances of all nodes."""
    return Bytes(
        house.folders.spool,
        house.cache or house.object_store,
        house.engine,
        holders_of(house.engine, house.keys, house.clock),
        copy=house.copy_store,
    )


def holders_of(engine: Engine, keys: Keys, clock: Callable[[], datetime]) -> Holders:
    """Reads the spools of the other nodes."""
    return Holders(engine, _spool_key(keys), clock)


def ships(house: House, *, after_seconds: float = 0) -> Claim:
    """The lock of the process that ships the segments of this node."""
    return Claim(house.folders, "shipping", after_seconds=after_seconds)


def shipping(house: House, claim: Claim) -> Callable[[], int]:
    """A step that takes this spool's sealed segments to the object store, while the claim is ours."""
    postponed = Postponed()

    def run() -> int:
        if not claim.held():
            return 0
        return ship(house.engine, house.folders.spool, house.object_store, house.clock(), postponed)

    return run


def trimming(house: House) -> Callable[[], int]:
    """A step that drops from the cache what is gone from the store or was repaired, one process of the node at a time.

    A reader that began before a repair may still cache a damaged block: the next runs drop it.
    """
    claim = Claim(house.folders, "cache")
    trimmed_at: datetime | None = None

    def run() -> int:
        nonlocal trimmed_at
        if house.cache is None or not claim.held():
            return 0
        now = house.clock()
        with snapshot(house.engine) as tx:
            repaired = segment_queries.repaired_since(tx, trimmed_at and trimmed_at - _REPAIR)
        for key in repaired:
            house.cache.drop(key)
        trimmed_at = now
        return house.cache.keep_only(lambda keys: stored_of(house.engine, keys))

    return run


@contextmanager
def lending(house: House) -> Generator[Callable[[], int]]:
    """A step that lends this node's spool to the others, where TIERREAD_SPOOL_URL says how they reach it.

    Raises:
        CannotStart: from the step, when the port is taken and not by another process of this node.

    """
    with contextlib.ExitStack() as lent:
        claim = Claim(house.folders, "lending")
        lent.callback(claim.release)
        lenders: list[Lender] = []

        def run() -> int:
            if not house.settings.spool_url or not claim.held():
                return 0
            if not lenders:
                lenders.append(_lend(house))
                lent.callback(lenders[0].close)
            with transaction(house.engine) as tx:
                other_nodes.announce(tx, house.settings.node, house.settings.spool_url, house.clock())
            return 0

        run()
        yield run


def _lend(house: House) -> Lender:
    port = urlsplit(house.settings.spool_url).port or 80
    try:
        key, name = _spool_key(house.keys), house.settings.node
        return Lender(house.folders.spool, key, name, (house.settings.spool_host, port))
    except OSError as refused:
        raise CannotStart(
            f"{house.settings.spool_host} port {port} cannot be listened on: {refused.strerror}",
            "set TIERREAD_SPOOL_URL (and TIERREAD_SPOOL_HOST) to another port",
        ) from refused


def _spool_key(keys: Keys) -> bytes:
    """The same on every node, since all have the same keys."""
    return hmac.new(keys.digest_key, b"tierread spool", hashlib.sha256).digest()
