"""Whether one caller stops the others: `python -m bench.denial` attacks a running TierRead, one way after the other.

While each attack runs, a registered device stores pictures, each on an association of its own, and a reader reads the
worklist. The table says how long both took, what was refused, and how much memory all processes held. `bench.attacks`
has the attacks.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from bench.attacks import ATTACKS, RLE, Target, huge_image
from tests import certificates, postgresql
from tests.attackers import store
from tests.builders import CT, thing
from tests.dicomweb import path_of
from tests.running import Cast, TierRead, free_port
from tests.wire import Sender

PICTURES: Final = 40
ORDERS: Final = 60
MOST_MEDIAN_SECONDS: Final = 0.5
MOST_BYTES: Final = 1500 << 20


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


# -- the measurement


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attack", action="append", choices=[*ATTACKS], help="only this; may be given again")
    parser.add_argument("--pictures", type=int, default=PICTURES)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        _database(asked.database) as url,
        _attacked(Path(folder), url) as (tierread, cast, target),
    ):
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
def _database(kind: str) -> Iterator[str | None]:
    """The address of an empty PostgreSQL database; None for SQLite, which lies in the data folder."""
    if kind == "sqlite":
        yield None
        return
    programs = postgresql.programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed")
    cluster = postgresql.Cluster(programs, durable=True)
    try:
        yield cluster.new_database()
    finally:
        cluster.stop()


@contextmanager
def _attacked(folder: Path, database_url: str | None) -> Iterator[tuple[TierRead, Cast, Target]]:
    """TierRead as it is delivered, with a TLS port and a spool that is lent."""
    tls, spool = free_port(), free_port()
    made = certificates.make(folder, "tierread")
    tierread = TierRead(
        folder / "house",
        database_url=database_url,
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
        huge, huge_frames = huge_image(), huge_image(frames=20)
        contexts = [(CT, [RLE])]
        with Sender(address=("127.0.0.1", tierread.dicom_port), contexts=contexts, calling=cast.device) as sender:
            for one in (huge, huge_frames):
                if status := sender.store(thing(one, RLE)):
                    raise RuntimeError(hex(status))
        reader = tierread.sign_in(cast.ada)
        yield (
            tierread,
            cast,
            Target(
                dicom_port=tierread.dicom_port,
                tls_port=tls,
                http_port=tierread.http_port,
                spool_port=spool,
                attacker=cast.other_device,
                reader=dict(reader.cookies),
                huge=f"/dicomweb{path_of(huge)}",
                huge_frames=f"/dicomweb{path_of(huge_frames)}",
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
                "again": True,
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


def _times(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.3f}, {max(seconds):.3f}" if seconds else "none"


if __name__ == "__main__":
    main()
