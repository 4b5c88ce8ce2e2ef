"""Nobody is in the way: a registered device goes on storing, and people go on reading, whatever one caller does."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from tests.attackers import STRANGER, WILD, again_and_again, ask_for_work, is_closed, silent, store
from tests.builders import CT
from tests.running import Cast, TierRead, free_port, serving, wait_until
from tests.wire import EXPLICIT_LITTLE, Sender

ROUNDS = 12
SPOOL = free_port()
LIMITS = {
    "TIERREAD_MAX_ASSOCIATIONS": "12",
    "TIERREAD_MAX_ASSOCIATIONS_PER_DEVICE": "12",
    "TIERREAD_DICOM_REQUEST_SECONDS": "3",
    "TIERREAD_HTTP_CONNECTIONS": "64",
    "TIERREAD_HTTP_CONNECTIONS_PER_ADDRESS": "32",
    "TIERREAD_HTTP_REQUEST_SECONDS": "2",
    "TIERREAD_SPOOL_URL": f"http://127.0.0.1:{SPOOL}",
    "TIERREAD_SPOOL_HOST": "127.0.0.1",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TierRead, Cast]]:
    """One installation with small limits for all attacks; each has to leave it as it was."""
    with serving(tmp_path_factory.mktemp("denial") / "house", settings=LIMITS) as tierread:
        yield tierread, tierread.cast()


def says_until_cut(sock: socket.socket, pieces: Iterable[bytes], *, pause: float = 0.0) -> int:
    """Send one piece after the other until the other side has had enough; how many bytes that took."""
    said = 0
    for piece in pieces:
        try:
            sock.sendall(piece)
        except OSError:
            return said
        said += len(piece)
        time.sleep(pause)
    raise AssertionError("all of it was read")


def gave_way(tierread: TierRead, port: str, what: str) -> float:
    name = f'tierread_gave_way_total{{port="{port}",what="{what}"}} '
    lines = tierread.client().get("/metrics").text.splitlines()
    return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))


def orders(tierread: TierRead, cast: Cast, count: int) -> None:
    tang = tierread.sign_in(cast.tang)
    for _ in range(count):
        body: dict[str, Any] = {
            "site": "TOWN",
            "patient": {"card_type": "identity_card", "card": cast.pia.identity_card, "name": cast.pia.name},
            "modality": "DX",
            "procedures": [{"body_part": "CHEST"}],
            "reason": "a" * 60,
            "again": True,
        }
        answer = tang.post("/api/orders", json=body)
        assert answer.status_code == 201, answer.text


def test_a_device_is_heard_while_another_asks_with_sixteen_stars(house: tuple[TierRead, Cast]) -> None:
    tierread, cast = house
    orders(tierread, cast, 8)
    heard: list[list[int]] = []

    def ask() -> None:
        heard.append(ask_for_work(tierread.dicom_port, cast.device, ReasonForTheRequestedProcedure=WILD))

    with again_and_again(ask, threads=4):
        ask()
        stored = store(tierread.dicom_port, cast.other_device, ROUNDS)

    assert stored.refused == []
    assert len(stored.seconds) == ROUNDS
    assert {status for statuses in heard for status in statuses} == {0}
    assert tierread.client().get("/readyz").status_code == 200


def test_a_device_stores_beside_170_silent_connections_of_a_stranger(house: tuple[TierRead, Cast]) -> None:
    tierread, cast = house
    with silent(tierread.dicom_port, 170) as sockets:
        stored = store(tierread.dicom_port, cast.device, ROUNDS)

        assert stored.refused == []
        assert all(is_closed(each) for each in sockets)
    assert gave_way(tierread, "dicom", "connection") >= 160
    assert STRANGER not in tierread.log


def test_a_device_stores_beside_the_idle_associations_of_another(house: tuple[TierRead, Cast]) -> None:
    tierread, cast = house
    with ExitStack() as held:
        for _ in range(12):
            idle = Sender(
                address=("127.0.0.1", tierread.dicom_port),
                contexts=[(CT, [EXPLICIT_LITTLE])],
                calling=cast.other_device,
            )
            idle.connect()
            held.callback(idle.close)
            idle.associate()
        stored = store(tierread.dicom_port, cast.device, ROUNDS)

    assert stored.refused == []
    assert gave_way(tierread, "dicom", "association") >= 1


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
        b"POST /dicomweb/studies HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n--x",
    ],
    ids=["nothing", "half a head", "half a body", "half a study"],
)
def test_the_web_answers_beside_connections_that_stay_silent(house: tuple[TierRead, Cast], said: bytes) -> None:
    tierread, cast = house
    with silent(tierread.http_port, 200, say=said) as sockets:
        for _ in range(ROUNDS):
            assert tierread.client().get("/healthz", timeout=10).status_code == 200
        assert tierread.sign_in(cast.ada).get("/api/cases").status_code == 200
        assert all(is_closed(each) for each in sockets)

    assert gave_way(tierread, "http", "crowd") >= 100


def test_a_head_without_end_is_cut(house: tuple[TierRead, Cast]) -> None:
    tierread, _ = house
    with silent(tierread.http_port, 1, say=b"GET / HTTP/1.1\r\n") as (endless,):
        said = says_until_cut(endless, (b"X-%d: %s\r\n" % (number, b"x" * 1000) for number in range(100_000)))

    assert said < 20_000_000
    assert gave_way(tierread, "http", "long_head") == 1


def test_a_body_that_trickles_is_cut(house: tuple[TierRead, Cast]) -> None:
    tierread, _ = house
    head = b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    with silent(tierread.http_port, 1, say=head) as (slow,):
        says_until_cut(slow, repeat(b"x", 100_000), pause=0.05)

    assert gave_way(tierread, "http", "slow_body") >= 1


def test_an_upload_that_is_slow_but_moves_is_taken(house: tuple[TierRead, Cast]) -> None:
    tierread, cast = house

    def pieces() -> Iterator[bytes]:
        body = json.dumps({"username": cast.ada.username, "password": cast.ada.password}).encode().ljust(20_000)
        for at in range(0, len(body), 2000):
            yield body[at : at + 2000]
            time.sleep(0.4)

    answer = tierread.client().post("/api/session", content=pieces(), headers={"Content-Type": "application/json"})

    assert answer.status_code in {200, 201}


def test_what_is_internal_is_answered_to_this_machine_alone(house: tuple[TierRead, Cast]) -> None:
    tierread, _ = house
    asked = tierread.client()

    assert asked.get("/metrics").status_code == 200
    for path in ("/metrics", "/%6detrics", "/metric%73"):
        through = asked.get(path, headers={"X-Forwarded-For": "203.0.113.9"})
        assert (through.status_code, asked.get("/nothing-here").status_code) == (404, 404)
        assert "tierread_" not in through.text


def threads(tierread: TierRead, role: str) -> int:
    pid = wait_until((tierread.data_dir / "run" / f"{role}.alive").read_text).strip()
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def test_silence_at_the_spools_port_holds_few_threads_and_none_for_long(house: tuple[TierRead, Cast]) -> None:
    tierread, cast = house
    before = sum(threads(tierread, role) for role in ("scp", "web", "worker"))
    with silent(SPOOL, 400) as sockets:
        wait_until(lambda: sum(threads(tierread, role) for role in ("scp", "web", "worker")) < before + 50)
        stored = store(tierread.dicom_port, cast.device, ROUNDS)

        assert stored.refused == []
        assert all(is_closed(each) for each in sockets)
