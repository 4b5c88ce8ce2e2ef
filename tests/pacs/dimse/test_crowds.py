"""Many at once: two hundred associations at rest, a flood beyond the limit, and one association for each picture."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.archive import Archive
from tests.builders import CT, image, new_uid, thing
from tests.running import REPOSITORY
from tests.wire import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    VERIFICATION,
    Aborted,
    HungUp,
    Rejected,
    Sender,
    associate_rq,
    item,
    pdu,
)

IMAGES = [(VERIFICATION, [IMPLICIT_LITTLE]), (CT, [EXPLICIT_LITTLE])]
CROWD = 200
MOST_BYTES = 300 << 20

# A listener in a process of its own, so that its memory is its own.
LISTENER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import structlog
from storage.database import connect
from storage.schema import migrate
from tests.archive import archive
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
folder = Path(sys.argv[1])
url = f"sqlite:///{folder / 'crowd.db'}"
engine = connect(url)
migrate(engine)
with archive(engine, url, folder) as made, made.listening(max_associations=int(sys.argv[2])) as listener:
    print(listener.address[1], flush=True)
    sys.stdin.read()
engine.dispose()
"""


@contextmanager
def listener_apart(folder: Path, most: int) -> Iterator[tuple[tuple[str, int], int]]:
    """Its address and its process."""
    process = subprocess.Popen(
        [sys.executable, "-c", LISTENER, str(folder), str(most)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
    )
    try:
        assert process.stdout is not None
        yield ("127.0.0.1", int(process.stdout.readline())), process.pid
    finally:
        process.communicate(timeout=60)


def resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) << 10


def test_two_hundred_stand_at_rest_a_flood_is_refused_and_those_within_do_not_suffer(tmp_path: Path) -> None:
    with listener_apart(tmp_path, CROWD) as (address, pid), ExitStack() as stack:
        within = [stack.enter_context(Sender(address=address, contexts=IMAGES)) for _ in range(CROWD)]
        at_rest = resident_bytes(pid)
        refused: list[tuple[int, int, int]] = []

        def flood() -> None:
            for _ in range(20):
                try:
                    with Sender(address=address):
                        pass
                except Rejected as rejected:
                    refused.append((rejected.result, rejected.source, rejected.reason))

        floods = [threading.Thread(target=flood) for _ in range(5)]
        for each in floods:
            each.start()
        statuses = [sender.store(thing(image(StudyInstanceUID=new_uid()))) for sender in within[:20]]
        for each in floods:
            each.join()

        assert statuses == [0] * 20
        assert refused == [(2, 3, 2)] * 100
        assert [sender.echo() for sender in within] == [0] * CROWD
        assert max(at_rest, resident_bytes(pid)) < MOST_BYTES


def test_two_hundred_come_at_the_same_moment(small_archive: Archive) -> None:
    statuses: list[int] = []
    together = threading.Barrier(CROWD)

    def come(address: tuple[str, int]) -> None:
        together.wait()
        with Sender(address=address, contexts=IMAGES, timeout=60) as sender:
            statuses.append(sender.echo())

    with small_archive.listening(max_associations=CROWD) as listener:
        threads = [threading.Thread(target=come, args=(listener.address,)) for _ in range(CROWD)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert statuses == [0] * CROWD


def test_an_association_for_each_of_500_pictures(small_archive: Archive) -> None:
    study = new_uid()
    with small_archive.listening() as listener:
        for _ in range(500):
            with Sender(address=listener.address, contexts=IMAGES) as sender:
                assert sender.store(thing(image(StudyInstanceUID=study))) == 0

    assert len(small_archive.instances()) == 500


@pytest.mark.parametrize("piece", [4096, 1])
def test_pdus_of_4_kib_and_writes_of_any_size(small_archive: Archive, piece: int) -> None:
    sent = thing(image(rows=32, columns=32))
    with (
        small_archive.listening() as listener,
        Sender(address=listener.address, contexts=IMAGES, piece=piece) as sender,
    ):
        assert sender.store(sent, fragment=4096 - 6) == 0

    assert small_archive.stored(small_archive.instances()[0]) == sent.dataset


def test_a_malformed_context_beyond_the_128th_ends_that_association_alone(small_archive: Archive) -> None:
    beyond = [(CT, [EXPLICIT_LITTLE])] * 128
    with small_archive.listening() as listener:
        sender = Sender(address=listener.address, contexts=beyond)
        sender.connect()
        sender.send(with_one_more(beyond))
        try:
            kind, _ = sender.receive()
            assert kind == 2  # the 128 are negotiated, and the last is as if it were not there
        except (Aborted, HungUp, Rejected):
            pass  # or all of it is refused
        sender.close()
        with Sender(address=listener.address, contexts=IMAGES) as following:
            assert following.echo() == 0


def with_one_more(contexts: list[tuple[str, list[str]]]) -> bytes:
    """An A-ASSOCIATE-RQ with a presentation context more whose id is even and whose items are cut."""
    whole = associate_rq("TOWNSHIP", "TIERREAD", contexts)
    return pdu(1, whole[6:] + item(0x20, bytes((0, 0, 0, 0)) + b"\x30\x00\x00\xff" + b"1.2"))


def test_an_odd_length_value_is_kept_as_it_came(small_archive: Archive) -> None:
    plain = image()
    plain.StudyDescription = "abcd"
    sent = thing(plain)
    odd = replace(sent, dataset=sent.dataset.replace(b"LO\x04\x00abcd", b"LO\x03\x00abc"))
    assert len(odd.dataset) == len(sent.dataset) - 1
    with small_archive.listening() as listener, Sender(address=listener.address, contexts=IMAGES) as sender:
        assert sender.store(odd) == 0

    assert small_archive.stored(small_archive.instances()[0]) == odd.dataset


def test_a_second_release_request_ends_that_association_alone(small_archive: Archive) -> None:
    with small_archive.listening() as listener:
        sender = Sender(address=listener.address, contexts=IMAGES)
        sender.connect()
        sender.associate()
        sender.send(pdu(5, bytes(4)) + pdu(5, bytes(4)))
        ended = _until_it_ends(sender)
        sender.close()
        with Sender(address=listener.address, contexts=IMAGES) as following:
            assert following.echo() == 0

    assert ended[:1] in ([6], [])  # answered, or aborted at once as PS3.8 9.2.3 has it for Sta8


def _until_it_ends(sender: Sender) -> list[int]:
    """The kinds of the PDUs until the peer aborts or hangs up."""
    kinds: list[int] = []
    while True:
        try:
            kinds.append(sender.receive()[0])
        except (Aborted, HungUp):
            return kinds
