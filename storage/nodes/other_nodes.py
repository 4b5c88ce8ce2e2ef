"""Reads segments in the spools of other nodes (docs/adr/0005-nodes.md)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError

from storage import tables
from storage.database import insert_new, snapshot
from storage.errors import StorageError
from storage.nodes.request_proof import proof
from storage.open_transactions import outside_transaction
from storage.segment_moves import UNSTORED

_CONNECT_SECONDS: Final = 3
_READ_SECONDS: Final = 20
_STORED_MAX: Final = 10_000
"""Segments that are remembered as stored."""


class HolderAway(StorageError):
    """The node or the object store that has the bytes does not answer now: try later."""


def announce(tx: Connection, name: str, url: str, now: datetime) -> None:
    """Note the URL at which a node lends its spool; empty for one that lends nothing."""
    node = tables.node
    told = {"url": url, "seen_at": now}
    if tx.execute(sa.update(node).where(node.c.name == name).values(told)).rowcount == 0:
        tx.execute(insert_new(tx, node).values(name=name, **told))


def path_of(segment_id: str, offset: int, length: int) -> str:
    """The path of a range on a lending node."""
    return f"/segments/{segment_id}?offset={offset}&length={length}"


def alive(tx: Connection, since: datetime) -> list[str]:
    """The names of the nodes that have announced themselves since then."""
    return list(tx.scalars(sa.select(tables.node.c.name).where(tables.node.c.seen_at >= since).order_by("name")))


class Holders:
    """Reads the spools of other nodes; ``key`` is the same on all nodes of an installation."""

    def __init__(self, engine: Engine, key: bytes, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._key = key
        self._clock = clock
        self._pool = PoolManager(timeout=Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS), retries=False)
        self._stored: OrderedDict[str, None] = OrderedDict()

    def stream(self, segment_id: str, offset: int, length: int, chunk: int) -> Iterator[bytes] | None:
        """Exactly these bytes of a segment that is not stored yet; None when it is stored.

        Raises:
            HolderAway: its node does not answer, lends nothing, or does not have it.

        """
        if segment_id in self._stored:
            return None
        holder = self._holder_of(segment_id)
        if holder is None:
            self._remember(segment_id)
            return None
        return self._ask(*holder, path_of(segment_id, offset, length), length, chunk)

    def stream_copy(self, segment_id: str, offset: int, length: int, chunk: int) -> Iterator[bytes]:
        """The same from the spool that a segment was written in, whether or not the object store has it by now.

        Raises:
            HolderAway: its node does not answer, lends nothing, or has removed its copy.

        """
        segment, node = tables.segment, tables.node
        asked = sa.select(node.c.name, node.c.url).join(segment, segment.c.node == node.c.name)
        with snapshot(self._engine) as tx:
            row = tx.execute(asked.where(segment.c.id == segment_id)).one_or_none()
        if row is None or not row.url:
            raise HolderAway
        return self._ask(row.name, row.url, path_of(segment_id, offset, length), length, chunk)

    def _holder_of(self, segment_id: str) -> tuple[str, str] | None:
        """The name and the URL of the node that lends the segment; None when it is stored, or unknown.

        Raises:
            HolderAway: it is not stored, and nobody lends it.

        """
        segment, node = tables.segment, tables.node
        asked = sa.select(segment.c.state, node.c.name, node.c.url).outerjoin(node, node.c.name == segment.c.node)
        with snapshot(self._engine) as tx:
            row = tx.execute(asked.where(segment.c.id == segment_id)).one_or_none()
        if row is None or row.state not in UNSTORED:
            return None
        if not row.url:
            raise HolderAway
        return row.name, row.url

    def _ask(self, name: str, url: str, path: str, length: int, chunk: int) -> Iterator[bytes]:
        outside_transaction("another node")
        at = int(self._clock().timestamp())
        headers = proof(self._key, name, "GET", path, at)
        try:
            answer = self._pool.request("GET", url + path, headers=headers, preload_content=False, redirect=False)
        except HTTPError as error:
            raise HolderAway from error
        if answer.status != 200:
            answer.drain_conn()
            raise HolderAway
        return _pieces(answer, length, chunk)

    def _remember(self, segment_id: str) -> None:
        self._stored[segment_id] = None
        if len(self._stored) > _STORED_MAX:
            self._stored.popitem(last=False)


def _pieces(answer: BaseHTTPResponse, length: int, chunk: int) -> Iterator[bytes]:
    """The body in pieces.

    Raises:
        HolderAway: it ends early.

    """
    left = length
    try:
        while left:
            piece = answer.read(min(chunk, left))
            if not piece:
                raise HolderAway
            left -= len(piece)
            yield piece
    except HTTPError as error:
        raise HolderAway from error
    finally:
        answer.release_conn() if left == 0 else answer.close()
