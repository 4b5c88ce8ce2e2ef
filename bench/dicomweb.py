"""DICOMweb over real HTTP: metadata of a series of 200 slices, frames as HTJ2K, a whole study.

python -m bench.dicomweb [slices]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx
import numpy as np

from pacs.describe import describe_pending
from pacs.quiet import quieten
from storage.database import connect
from storage.objects import FolderObjectStore
from storage.reader import Bytes
from storage.schema import migrate
from tests.archive import archive
from tests.builders import image, new_uid
from tests.dicomweb import Web, path_of, serving

HTJ2K: Final = {"Accept": 'multipart/related; type="image/jphc"; transfer-syntax=1.2.840.10008.1.2.4.202'}
AS_STORED: Final = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}


def main(count: int) -> None:
    quieten()
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        url = f"sqlite:///{directory / 'bench.db'}"
        engine = connect(url)
        migrate(engine)
        with archive(engine, url, directory) as made, serving(made, engine, directory) as web:
            study, series = new_uid(), new_uid()
            paths = fill(web, study, series, count)
            bytes_ = Bytes(made.directory, FolderObjectStore(directory / "objects"), engine)
            cold = timed(lambda: web.ada.get(f"/studies/{study}/series/{series}/metadata"))
            started = time.perf_counter()
            while describe_pending(engine, bytes_):
                pass
            described = time.perf_counter() - started
            report("metadata, before the worker came", [cold])
            print(f"worker: {described / count * 1000:.1f} ms an instance")
            address = f"/studies/{study}/series/{series}/metadata"
            report("metadata, warm", [timed(lambda: web.ada.get(address)) for _ in range(30)])
            tag = web.ada.get(address).headers["etag"]
            report(
                "metadata, 304",
                [timed(lambda: web.ada.get(address, headers={"If-None-Match": tag})) for _ in range(30)],
            )
            report("frame as HTJ2K, first", [timed(frame(web, path)) for path in paths])
            report("frame as HTJ2K, again", [timed(frame(web, path)) for path in paths])
            report("rendered JPEG", [timed(lambda path=path: web.ada.get(f"{path}/rendered")) for path in paths[:40]])
            report(
                "QIDO, 1 study", [timed(lambda: web.ada.get(f"/studies?StudyInstanceUID={study}")) for _ in range(50)]
            )
            for _ in range(3):
                whole(web, study)
        engine.dispose()


def fill(web: Web, study: str, series: str, count: int) -> list[str]:
    y, x = np.mgrid[0:512, 0:512]
    body = 1000 * np.exp(-((((x - 256) / 180) ** 2 + ((y - 256) / 140) ** 2) ** 3))
    noise = np.random.default_rng(1)
    paths: list[str] = []
    for number in range(count):
        made = image(rows=512, columns=512, StudyInstanceUID=study, SeriesInstanceUID=series, InstanceNumber=number + 1)
        made.PixelData = (body + noise.normal(100, 8, body.shape)).astype("<u2").tobytes()
        web.send(made)
        paths.append(path_of(made))
    return paths


def frame(web: Web, path: str) -> Callable[[], httpx.Response]:
    return lambda: web.ada.get(f"{path}/frames/1", headers=HTJ2K)


def whole(web: Web, study: str) -> None:
    started = time.perf_counter()
    received = 0
    with web.ada.stream("GET", f"/studies/{study}", headers=AS_STORED) as answer:
        for chunk in answer.iter_raw(1 << 20):
            received += len(chunk)
    seconds = time.perf_counter() - started
    print(f"whole study as stored: {received / 1e6:.0f} MB at {received / 1e6 / seconds:.0f} MB/s")


def timed(ask: Callable[[], httpx.Response]) -> float:
    started = time.perf_counter()
    answer = ask()
    seconds = time.perf_counter() - started
    if answer.status_code not in (200, 304):
        raise RuntimeError(f"answered {answer.status_code}")
    return seconds


def report(what: str, seconds: list[float]) -> None:
    p50, worst = statistics.median(seconds) * 1000, max(seconds) * 1000
    print(f"{what}: p50 {p50:.1f} ms, worst {worst:.1f} ms, {len(seconds)} times")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
