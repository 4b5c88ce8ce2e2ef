"""How many instances a second are flushed and indexed: `python -m bench.segments [DIRECTORY]`.

Members of 0.5 MB and 50 kB, with 1 and 4 threads; with the flush alone, and with the row in SQLite.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from storage.database import Durability, connect
from storage.index.queries import Index
from storage.instance_row import InstanceRow, Place, Provenance
from storage.schema import migrate
from storage.segments.spool import Spool

SECONDS = 3.0
HEAD = bytes(128) + b"DICM" + bytes(200)


def run(
    spool: Spool, enter: Callable[[InstanceRow, Place, Provenance], object], body: bytes, threads: int
) -> tuple[float, float]:
    """Instances a second, and CPU seconds per 1000."""
    end = time.perf_counter() + SECONDS

    def send(thread: int) -> int:
        sent = 0
        row = InstanceRow(
            sop_instance_uid="1",
            sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
            series_uid=f"1.{len(body)}.{threads}.{thread}.1",
            study_uid=f"1.{len(body)}.{threads}.{thread}",
            transfer_syntax_uid="1.2.840.10008.1.2.1",
            dataset_offset=len(HEAD),
            received_digest=bytes(32),
            patient_id="P1",
            patient_name="Pia^Pan",
            modality="CT",
        )
        while time.perf_counter() < end:
            uid = f"{row.series_uid}.{time.perf_counter_ns()}"
            with spool.borrow(row.study_uid) as segment:
                member = segment.begin(f"{uid}.dcm", HEAD)
                for start in range(0, len(body), 131072):
                    member.write(memoryview(body)[start : start + 131072])
                whole = replace(row, sop_instance_uid=uid, received_digest=member.digest())
                came = Provenance(site_id="S" * 26, device_id="D" * 26, received_at=datetime.now(UTC), source="dimse")
                enter(whole, member.finish(whole, came), came)
            sent += 1
        return sent

    began, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        sent = sum(pool.map(send, range(threads)))
    return sent / (time.perf_counter() - began), (time.process_time() - cpu) / sent * 1000


def main(directory: Path) -> None:
    url = f"sqlite:///{directory / 'bench.db'}"
    engine, index_engine = connect(url), connect(url, Durability.ASYNCHRONOUS)
    migrate(engine)
    spool, index = Spool(directory / "spool", node="bench", engine=engine), Index(index_engine)
    print(f"{'bytes':>9} {'threads':>7}  {'flush/s':>8} {'CPU s/1000':>10}  {'flush+row/s':>11} {'CPU s/1000':>10}")
    for size in (500_000, 50_000):
        for threads in (1, 4):
            body = bytes(range(256)) * (size // 256)
            alone = run(spool, lambda *_: None, body, threads)
            indexed = run(spool, index.enter, body, threads)
            print(
                f"{size:>9} {threads:>7}  {alone[0]:>8.0f} {alone[1]:>10.2f}  {indexed[0]:>11.0f} {indexed[1]:>10.2f}"
            )
    spool.close()
    index.close()
    index_engine.dispose()
    engine.dispose()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as made:
        main(Path(made))
