"""Whether one caller stops the others: `python -m bench.denial` attacks a running TierRead, one way after the other.

While each attack runs, a registered device stores pictures, each on an association of its own, and a reader reads the
worklist. The table says how long both took, what was refused, and how much memory all processes held. An attack is a
function that goes on until its process is ended; `ATTACKS` names them.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import resource
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import httpx

from tests import certificates
from tests.attackers import STRANGER, WILD, ask_for_work, store
from tests.builders import CT, image, thing
from tests.running import Cast, TierRead, free_port
from tests.wire import EXPLICIT_LITTLE, Sender, pdu, pdv

PICTURES: Final = 40
ORDERS: Final = 60
MOST_MEDIAN_SECONDS: Final = 0.5
MOST_BYTES: Final = 1500 << 20


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is attacked."""

    dicom_port: int
    tls_port: int
    http_port: int
    spool_port: int
    attacker: str
    """AE title of a registered device that does not behave."""


@dataclass(kw_only=True)
class Suffered:
    """What others had of an attack."""

    attack: str
    stored: list[float] = field(default_factory=list[float])
    refused: list[str] = field(default_factory=list[str])
    read: list[float] = field(default_factory=list[float])
    unread: int = 0
    most_bytes: int = 0

    @property
    def well(self) -> bool:
        median = statistics.median(self.stored) if self.stored else float("inf")
        return not self.refused and not self.unread and median < MOST_MEDIAN_SECONDS and self.most_bytes < MOST_BYTES


# -- attacks: each goes on until its process ends


def nothing(_target: Target) -> None:
    time.sleep(3600)


def patterns(target: Target, *, pattern: str = WILD) -> None:
    """Worklist queries with a pattern, four at a time."""

    def ask() -> None:
        ask_for_work(target.dicom_port, target.attacker, ReasonForTheRequestedProcedure=pattern)

    _for_ever(ask, threads=4)


def silence(port: str, target: Target, *, count: int, source: str = STRANGER, say: bytes = b"") -> None:
    """So many connections that say a little and then nothing; those that are closed are opened again."""
    held: list[socket.socket] = []
    while True:
        for each in list(held):
            with contextlib.suppress(BlockingIOError):
                try:
                    closed = each.recv(1 << 16) == b""
                except ConnectionError:
                    closed = True
                if closed:
                    each.close()
                    held.remove(each)
        while len(held) < count:
            with contextlib.suppress(OSError):
                one = socket.create_connection(
                    ("127.0.0.1", getattr(target, port)), timeout=5, source_address=(source, 0)
                )
                held.append(one)
                one.sendall(say)
                one.setblocking(False)
        time.sleep(0.2)


def idle_associations(target: Target, *, count: int) -> None:
    """So many associations of one registered device that say nothing; those that end are asked for again."""
    held: list[Sender] = []
    while True:
        held = [one for one in held if not _has_ended(one.sock)]
        while len(held) < count:
            one = _sender(target)
            try:
                one.connect()
                one.associate()
            except Exception:  # noqa: BLE001 # refused, or closed: that is what is measured
                break
            held.append(one)
        time.sleep(0.1)


def crowd(target: Target) -> None:
    """Calls of a title that nobody knows, as fast as they are refused."""

    def call() -> None:
        with Sender(address=("127.0.0.1", target.dicom_port), calling="NOBODY", source=STRANGER):
            pass

    _for_ever(call, threads=8)


def trickling_pictures(target: Target, *, count: int) -> None:
    """Pictures of one device that come a byte a second."""
    sent = thing(image())
    while True:
        held: list[Sender] = []
        with contextlib.suppress(Exception):
            for _ in range(count):
                one = _sender(target)
                one.connect()
                one.associate()
                one.send_message(1, one.store_command(sent))
                held.append(one)
        for byte in sent.dataset:
            for one in held:
                with contextlib.suppress(Exception):
                    one.send(pdu(4, pdv(1, 0, bytes((byte,)))))
            time.sleep(1)


def endless_heads(target: Target) -> None:
    """Requests whose header fields never end."""

    def ask() -> None:
        with socket.create_connection(("127.0.0.1", target.http_port), source_address=(STRANGER, 0)) as one:
            one.sendall(b"GET / HTTP/1.1\r\n")
            while True:
                one.sendall(b"X: " + b"x" * 1000 + b"\r\n")

    _for_ever(ask, threads=8)


HALF_HEAD: Final = b"GET / HTTP/1.1\r\nHost: x\r\n"
HALF_BODY: Final = b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{"
ATTACKS: Final[dict[str, Callable[[Target], None]]] = {
    "nothing": nothing,
    "a worklist query of 16 stars, 4 at a time": patterns,
    "a worklist query of stars and letters, 4 at a time": partial(patterns, pattern="*a" * 60 + "b"),
    "170 silent connections of a stranger": partial(silence, "dicom_port", count=170),
    "170 silent connections of the device's own address": partial(silence, "dicom_port", count=170, source="127.0.0.1"),
    "170 silent connections to the TLS port": partial(silence, "tls_port", count=170),
    "100 idle associations of one device": partial(idle_associations, count=100),
    "8 strangers who call again and again": crowd,
    "20 pictures that come a byte a second": partial(trickling_pictures, count=20),
    "400 silent connections to the spool's port": partial(silence, "spool_port", count=400),
    "3000 idle connections of HTTP": partial(silence, "http_port", count=3000),
    "1000 requests with half a head": partial(silence, "http_port", count=1000, say=HALF_HEAD),
    "1000 requests with half a body": partial(silence, "http_port", count=1000, say=HALF_BODY),
    "8 endless heads": endless_heads,
}


# -- the measurement


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attack", action="append", choices=[*ATTACKS], help="only this; may be given again")
    parser.add_argument("--pictures", type=int, default=PICTURES)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _attacked(Path(folder)) as (tierread, cast, target):
        print(*HEAD, sep="\n", flush=True)
        for name in asked.attack or ATTACKS:
            print(row(measured(name, tierread, cast, target, pictures=asked.pictures)), flush=True)


HEAD: Final = (
    "| attack | picture: median, longest (s) | refused | worklist: median, longest (s) | failed | memory (MB) | well |",
    "|---|---|---|---|---|---|---|",
)


def row(one: Suffered) -> str:
    said = [_times(one.stored), str(len(one.refused)), _times(one.read), str(one.unread), f"{one.most_bytes / 1e6:.0f}"]
    return "| " + " | ".join([one.attack, *said, "yes" if one.well else "NO"]) + " |"


def measured(name: str, tierread: TierRead, cast: Cast, target: Target, *, pictures: int) -> Suffered:
    """Let the attack settle for three seconds, then store, read and look at the memory beside it."""
    suffered, end = Suffered(attack=name), threading.Event()
    reader = tierread.sign_in(cast.ada)
    # A process of its own: its Python must not keep ours waiting.
    attacking = multiprocessing.get_context("fork").Process(target=_attack, args=(ATTACKS[name], target), daemon=True)
    attacking.start()
    time.sleep(3)
    beside = [
        threading.Thread(target=_read, args=(reader, suffered, end)),
        threading.Thread(target=_weigh, args=(tierread, suffered, end)),
    ]
    for each in beside:
        each.start()
    stored = store(target.dicom_port, cast.device, pictures)
    end.set()
    for each in beside:
        each.join()
    attacking.terminate()
    attacking.join()
    suffered.stored, suffered.refused = stored.seconds, stored.refused
    return suffered


@contextmanager
def _attacked(folder: Path) -> Iterator[tuple[TierRead, Cast, Target]]:
    """TierRead as it is delivered, with a TLS port and a spool that is lent."""
    tls, spool = free_port(), free_port()
    made = certificates.make(folder, "tierread")
    tierread = TierRead(
        folder / "house",
        settings={
            "TIERREAD_DICOM_TLS_PORT": str(tls),
            "TIERREAD_DICOM_TLS_CERTIFICATE_FILE": str(made.certificate),
            "TIERREAD_DICOM_TLS_KEY_FILE": str(made.key),
            "TIERREAD_SPOOL_URL": f"http://127.0.0.1:{spool}",
            "TIERREAD_SPOOL_HOST": "127.0.0.1",
            "TIERREAD_QUIET_SECONDS": "60",
            "TIERREAD_SEGMENT_IDLE_SECONDS": "10",
        },
        cold=True,
    )
    try:
        tierread.start()
        cast = tierread.cast()
        _order(tierread, cast)
        yield (
            tierread,
            cast,
            Target(
                dicom_port=tierread.dicom_port,
                tls_port=tls,
                http_port=tierread.http_port,
                spool_port=spool,
                attacker=cast.other_device,
            ),
        )
    finally:
        tierread.close()


def _order(tierread: TierRead, cast: Cast) -> None:
    """Orders of the attacking device's township, with a reason as long as a pattern's worst text."""
    quentin = tierread.sign_in(cast.quentin)
    for _ in range(ORDERS):
        answer = quentin.post(
            "/api/orders",
            json={
                "site": "OTHER-TOWN",
                "patient": {"card_type": "identity_card", "card": cast.pia.identity_card, "name": cast.pia.name},
                "modality": "DX",
                "procedures": [{"body_part": "CHEST"}],
                "reason": "a" * 60,
            },
        )
        answer.raise_for_status()


def _attack(attack: Callable[[Target], None], target: Target) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    attack(target)


def _read(reader: httpx.Client, suffered: Suffered, end: threading.Event) -> None:
    """A connection for each request, as a browser's first one."""
    while not end.wait(0.2):
        begun = time.monotonic()
        try:
            reader.get("/api/cases", headers={"Connection": "close"}, timeout=30).raise_for_status()
        except httpx.HTTPError:
            suffered.unread += 1
        else:
            suffered.read.append(time.monotonic() - begun)


def _weigh(tierread: TierRead, suffered: Suffered, end: threading.Event) -> None:
    assert tierread.process is not None
    while True:
        suffered.most_bytes = max(suffered.most_bytes, sum(map(_bytes, _family(tierread.process.pid))))
        if end.wait(0.5):
            return


def _family(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
            yield from _family(int(child))


def _bytes(pid: int) -> int:
    """The process's share of the memory (Pss), where pages of several count once."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))


def _for_ever(what: Callable[[], None], threads: int) -> None:
    def repeat() -> None:
        while True:
            with contextlib.suppress(Exception):
                what()

    for _ in range(threads):
        threading.Thread(target=repeat, daemon=True).start()
    time.sleep(3600)


def _sender(target: Target) -> Sender:
    address = ("127.0.0.1", target.dicom_port)
    return Sender(address=address, contexts=[(CT, [EXPLICIT_LITTLE])], calling=target.attacker, timeout=5)


def _has_ended(sock: socket.socket) -> bool:
    sock.setblocking(False)
    try:
        sock.recv(1)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True  # an abort, or the end


def _times(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.3f}, {max(seconds):.3f}" if seconds else "none"


if __name__ == "__main__":
    main()
