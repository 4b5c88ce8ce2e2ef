"""Associations that we ask for, and why there is none."""

from __future__ import annotations

import socket
import threading

import pytest
from pynetdicom.presentation import build_context

from pacs.calling import Failure, Peer, Unreachable, associated
from tests.archive import Archive
from tests.wire import VERIFICATION

ECHO = [build_context(VERIFICATION)]


def test_a_peer_that_is_called_answers_and_is_let_go(small_archive: Archive) -> None:
    with small_archive.listening() as listener:
        peer = Peer(ae_title="TIERREAD", host="127.0.0.1", port=listener.address[1])

        with associated("TOWNSHIP", peer, ECHO) as association:
            status = association.send_c_echo()

    assert status.Status == 0
    assert association.is_released


def test_a_block_that_fails_aborts(small_archive: Archive) -> None:
    with small_archive.listening() as listener:
        peer = Peer(ae_title="TIERREAD", host="127.0.0.1", port=listener.address[1])

        with pytest.raises(ZeroDivisionError), associated("TOWNSHIP", peer, ECHO) as association:
            raise ZeroDivisionError

    assert association.is_aborted


@pytest.mark.parametrize(
    ("ours", "theirs", "sop_class", "failure"),
    [
        ("QUINN", "TIERREAD", VERIFICATION, Failure.REFUSED),
        ("TOWNSHIP", "ANOTHER", VERIFICATION, Failure.REFUSED),
        ("TOWNSHIP", "TIERREAD", "1.2.826.0.1.3680043.8.498.7", Failure.NO_CONTEXT),
    ],
)
def test_a_peer_says_why_not(small_archive: Archive, ours: str, theirs: str, sop_class: str, failure: Failure) -> None:
    with small_archive.listening() as listener:
        peer = Peer(ae_title=theirs, host="127.0.0.1", port=listener.address[1])

        with pytest.raises(Unreachable) as raised, associated(ours, peer, [build_context(sop_class)]):
            pass

    assert raised.value.failure is failure


def test_where_nothing_listens_the_peer_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(Unreachable) as raised, associated("US", Peer(ae_title="A", host="127.0.0.1", port=port), ECHO):
        pass

    assert raised.value.failure is Failure.AWAY


def test_what_hangs_up_speaks_no_dicom() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        hanging_up = threading.Thread(target=_hang_up, args=(server,))
        hanging_up.start()
        peer = Peer(ae_title="A", host="127.0.0.1", port=server.getsockname()[1])

        with pytest.raises(Unreachable) as raised, associated("US", peer, ECHO):
            pass
        hanging_up.join()

    assert raised.value.failure is Failure.ABORTED


def _hang_up(server: socket.socket) -> None:
    server.accept()[0].close()
