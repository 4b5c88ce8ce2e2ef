"""A node lends ranges of its spool to who proves to be of the installation, once a proof, and to nobody else."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage import tables
from storage.database import transaction
from storage.files import make_folder
from storage.ids import made_at, new_id
from storage.nodes import other_nodes
from storage.nodes.lender import Lender
from storage.nodes.other_nodes import HolderAway, Holders, path_of
from storage.nodes.request_proof import NONCE_HEADER, TIME_HEADER, TOKEN_HEADER, proof
from storage.segments.segment_rows import segment_key

KEY = bytes(range(32))
CONTENT = os.urandom(3_000_000)


@pytest.fixture(scope="module")
def spool_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spool")


@pytest.fixture(scope="module")
def segment_id(spool_dir: Path) -> str:
    made = new_id()
    path = spool_dir / segment_key(made)
    make_folder(path.parent)
    path.write_bytes(CONTENT)
    return made


@pytest.fixture(scope="module")
def lender(spool_dir: Path) -> Iterator[Lender]:
    made = Lender(spool_dir, KEY, "node1", ("127.0.0.1", 0))
    yield made
    made.close()


def asked(lender: Lender, path: str, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(*lender.address, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def proved(path: str, *, key: bytes = KEY, holder: str = "node1", method: str = "GET", ago: int = 0) -> dict[str, str]:
    return proof(key, holder, method, path, int(time.time()) - ago)


def test_a_range_of_a_segment_is_lent(lender: Lender, segment_id: str) -> None:
    path = path_of(segment_id, 1000, 2_500_000)

    assert asked(lender, path, **proved(path)) == (200, CONTENT[1000:2_501_000])


def test_a_request_that_was_overheard_is_not_good_again(lender: Lender, segment_id: str) -> None:
    path, other = path_of(segment_id, 0, 10), path_of(segment_id, 0, 11)
    overheard = proved(path)
    first = asked(lender, path, **overheard)

    assert first == (200, CONTENT[:10])
    assert asked(lender, path, **overheard)[0] == 401
    assert asked(lender, other, **overheard)[0] == 401
    assert asked(lender, path, **overheard | {NONCE_HEADER: "0" * 32})[0] == 401
    assert asked(lender, path, **overheard | {TIME_HEADER: str(int(time.time()) + 1)})[0] == 401
    assert asked(lender, path, **proved(path))[0] == 200


def test_what_is_refused(lender: Lender, segment_id: str) -> None:
    path, other = path_of(segment_id, 0, 10), path_of(segment_id, 0, 11)
    absent, beyond = path_of(new_id(), 0, 10), path_of(segment_id, 0, len(CONTENT) + 1)
    outside = "/segments/../../keys/seal.pem?offset=0&length=1"

    assert asked(lender, path)[0] == 401
    assert asked(lender, path, **proved(path, key=bytes(32)))[0] == 401
    assert asked(lender, path, **proved(other))[0] == 401
    assert asked(lender, path, **proved(path, holder="node2"))[0] == 401
    assert asked(lender, path, **proved(path, method="PUT"))[0] == 401
    assert asked(lender, path, **proved(path, ago=600))[0] == 401
    assert asked(lender, path, **{TIME_HEADER: "now", TOKEN_HEADER: "\xff"})[0] == 401
    assert asked(lender, absent, **proved(absent))[0] == 404
    assert asked(lender, outside, **proved(outside))[0] == 404
    assert asked(lender, beyond, **proved(beyond))[0] == 416


def test_the_holder_is_found_by_the_segments_row(engine: Engine, lender: Lender, segment_id: str) -> None:
    here = Holders(engine, KEY, lambda: datetime.now(UTC))
    stored, lone = new_id(), new_id()
    with transaction(engine) as tx:
        for one, node, state in (
            (segment_id, "node1", "open"),
            (stored, "node1", "stored"),
            (lone, "node2", "sealed"),
        ):
            tx.execute(sa.insert(tables.segment).values(segment_row(one, node, state)))
        other_nodes.announce(tx, "node1", "http://127.0.0.1:1", datetime.now(UTC))
        other_nodes.announce(tx, "node1", f"http://127.0.0.1:{lender.address[1]}", datetime.now(UTC))

    lent = here.stream(segment_id, 5, 2_000_000, 65536)

    assert lent is not None
    assert b"".join(lent) == CONTENT[5:2_000_005]
    assert here.stream(stored, 0, 10, 10) is None
    assert here.stream(new_id(), 0, 10, 10) is None
    with pytest.raises(HolderAway):
        here.stream(lone, 0, 10, 10)
    with pytest.raises(HolderAway):
        here.stream(segment_id, 0, len(CONTENT) + 1, 10)
    with pytest.raises(HolderAway):
        Holders(engine, bytes(32), lambda: datetime.now(UTC)).stream(segment_id, 0, 10, 10)


def test_a_holder_that_does_not_answer_is_away(engine: Engine) -> None:
    segment_id = new_id()
    with transaction(engine) as tx:
        tx.execute(sa.insert(tables.segment).values(segment_row(segment_id, "node3", "open")))
        other_nodes.announce(tx, "node3", "http://127.0.0.1:1", datetime.now(UTC))

    with pytest.raises(HolderAway):
        Holders(engine, KEY, lambda: datetime.now(UTC)).stream(segment_id, 0, 10, 10)


def segment_row(segment_id: str, node: str, state: str) -> dict[str, object]:
    return {
        "id": segment_id,
        "study_uid": "1.2.3",
        "node": node,
        "key": segment_key(segment_id),
        "state": state,
        "opened_at": made_at(segment_id),
    }
