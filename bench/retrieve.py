"""Retrieval over DICOMweb: a study of CT slices whole, its metadata, its frames, and a list of studies.

Nothing is compressed on the way; frames are asked for as plain pixels. Each question is asked once before it is timed.
"""

from __future__ import annotations

import http.client
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bench.objects import KINDS, Template
from bench.receive import READABLE_WITHIN_SECONDS, send
from bench.servers import Missing, Opened, Server

WHOLE: Final = "whole study, as stored"
METADATA: Final = "metadata of the series"
METADATA_FIRST: Final = "metadata of the series, first time"
QIDO: Final = "QIDO, limit=25"
FRAMES: Final = "frames, one client"
FRAMES_FOUR: Final = "frames, four clients"
_AS_STORED: Final = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
_JSON: Final = {"Accept": "application/dicom+json"}
_PIXELS: Final = {"Accept": 'multipart/related; type="application/octet-stream"'}


@dataclass(frozen=True, kw_only=True)
class Amount:
    slices: int = 250
    studies: int = 1000
    """Small ones, for the list."""
    times: int = 30


@dataclass(frozen=True, kw_only=True)
class Answered:
    what: str
    server: str
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    """Of one answer, every process of the server."""
    rate: float
    unit: str


class Client:
    """One kept connection; a large answer is read into one buffer."""

    def __init__(self, server: Server) -> None:
        address = urlsplit(server.dicomweb)
        self._connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=120)
        self._path = address.path
        self._headers = server.headers
        self._buffer = bytearray(1 << 20)

    def get(self, path: str, headers: dict[str, str]) -> int:
        """Read an answer to its end; its bytes."""
        self._connection.request("GET", f"{self._path}{path}", headers={**self._headers, **headers})
        answer = self._connection.getresponse()
        size = 0
        while read := answer.readinto(self._buffer):
            size += read
        if answer.status != 200:
            raise RuntimeError(f"answered {answer.status}")
        return size


def a_round(opened: Sequence[Opened], amount: Amount, work: Path) -> Iterator[Answered]:
    """Every question to each server in turn."""
    with tempfile.TemporaryDirectory(dir=work) as folder, ExitStack() as stack:
        study, series, uids = Template(KINDS["CT"]).study(Path(folder) / "slices", amount.slices)
        small = Template(KINDS["small"])
        for number in range(amount.studies):
            small.study(Path(folder) / "small" / str(number), 1)
        for number, open_ in enumerate(opened):
            try:
                server = stack.enter_context(open_(Path(folder) / f"server{number}"))
            except Missing:
                continue
            send(server, [Path(folder) / "slices", Path(folder) / "small"])
            deadline = time.monotonic() + READABLE_WITHIN_SECONDS
            while not server.readable() and time.monotonic() < deadline:
                time.sleep(0.2)
            yield from _answers(server, study, series, uids, amount.times)


def _answers(server: Server, study: str, series: str, uids: Sequence[str], times: int) -> Iterator[Answered]:
    client = Client(server)
    path = f"/studies/{study}/series/{series}"
    yield _asked(server, METADATA_FIRST, lambda: client.get(f"{path}/metadata", _JSON), 1)
    yield _asked(server, METADATA, lambda: client.get(f"{path}/metadata", _JSON), times)
    list_ = "/studies?limit=25&StudyDate=20260101-20261231"
    client.get(list_, _JSON)
    yield _asked(server, QIDO, lambda: client.get(list_, _JSON), times * 3)
    client.get(f"/studies/{study}", _AS_STORED)
    yield _asked(server, WHOLE, lambda: client.get(f"/studies/{study}", _AS_STORED), max(3, times // 6))
    frames = [f"{path}/instances/{uid}/frames/1" for uid in uids]
    for frame in frames:
        client.get(frame, _PIXELS)
    yield _frames(server, FRAMES, frames, 1)
    yield _frames(server, FRAMES_FOUR, frames, 4)


def _asked(server: Server, what: str, ask: Callable[[], int], times: int) -> Answered:
    before, seconds, size = server.cpu_of_all(), [], 0
    for _ in range(times):
        begun = time.perf_counter()
        size += ask()
        seconds.append(time.perf_counter() - begun)
    cpu = (server.cpu_of_all() - before) / times
    return _answered(server, what, seconds, cpu=cpu, rate=size / 1e6 / sum(seconds), unit="MB/s")


def _frames(server: Server, what: str, frames: Sequence[str], clients: int) -> Answered:
    def run(number: int) -> list[float]:
        client, seconds = Client(server), []
        for frame in frames[number::clients]:
            begun = time.perf_counter()
            client.get(frame, _PIXELS)
            seconds.append(time.perf_counter() - begun)
        return seconds

    before, begun = server.cpu_of_all(), time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        seconds = [each for found in pool.map(run, range(clients)) for each in found]
    wall = time.perf_counter() - begun
    cpu = (server.cpu_of_all() - before) / len(frames)
    return _answered(server, what, seconds, cpu=cpu, rate=len(frames) / wall, unit="frames/s")


def _answered(server: Server, what: str, seconds: Sequence[float], *, cpu: float, rate: float, unit: str) -> Answered:
    ordered = sorted(seconds)
    return Answered(
        what=what,
        server=server.name,
        p50_ms=statistics.median(ordered) * 1000,
        p99_ms=ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000,
        cpu_ms=cpu * 1000,
        rate=rate,
        unit=unit,
    )
