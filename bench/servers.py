"""The servers that are measured, ours and peers, each as processes of its own whose CPU is read from /proc."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from reading.tables import case_study
from storage import tables
from storage.database import connect, snapshot
from tests import postgresql
from tests.running import TierRead, free_port

TICKS: Final = os.sysconf("SC_CLK_TCK")
DICOMWEB_PLUGIN: Final = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
SHIPPED: Final = {"TIERREAD_QUIET_SECONDS": "60"}
"""What the tests set for speed, set back to what an installation has."""
TUNED: Final = {
    "MaximumPduLength": 131072,
    "DicomThreadsCount": 16,
    "StoreMD5ForAttachments": False,
    "SaveJobs": False,
    "MetricsEnabled": False,
    "StorageAccessOnFind": "Never",
    "MaximumStorageCacheSize": 1024,
}
"""What its documentation recommends for speed and what takes work away; nothing that loses data."""


@dataclass(kw_only=True)
class Server:
    name: str
    port: int
    called: str
    cpu: Callable[[], float]
    """Seconds of CPU of every process that has a part in the acknowledgement."""
    cpu_of_all: Callable[[], float]
    readable: Callable[[], bool] = lambda: True
    """Whether everything that was received is indexed, described and on the worklist."""
    dicomweb: str = ""
    """Where its DICOMweb is, if it has any."""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    """What identifies a reader there."""


Opened = Callable[[Path], AbstractContextManager[Server]]


class Missing(Exception):
    """A peer that is not installed."""


@contextmanager
def tierread(folder: Path, *, on_postgresql: bool = False, idle_seconds: int = 3600) -> Iterator[Server]:
    """The product as it is installed: listener, web and worker. Segments stay open unless ``idle_seconds`` is short."""
    with ExitStack() as stack:
        database_url, database = None, None
        if on_postgresql:
            programs = postgresql.programs()
            if programs is None:
                raise Missing
            database = postgresql.Cluster(programs, durable=True)
            stack.callback(database.stop)
            database_url = database.new_database()
        ours = TierRead(
            folder,
            database_url=database_url,
            settings={**SHIPPED, "TIERREAD_SEGMENT_IDLE_SECONDS": str(idle_seconds)},
            cold=True,
        )
        stack.callback(ours.close)
        ours.start()
        cast = ours.cast()
        reader = ours.sign_in(cast.ada)
        engine = connect(ours.database_url)
        stack.callback(engine.dispose)
        supervisor = ours.process
        assert supervisor is not None
        listeners = [int(alive.read_text("ascii")) for alive in (ours.data_dir / "run").glob("scp*.alive")]
        beside = [database.pid] if database is not None else []
        yield Server(
            name="TierRead on PostgreSQL" if on_postgresql else "TierRead",
            port=ours.dicom_port,
            called=ours.ae_title,
            cpu=lambda: sum(map(cpu_seconds, listeners)) + sum(map(tree_cpu_seconds, beside)),
            cpu_of_all=lambda: tree_cpu_seconds(supervisor.pid) + sum(map(tree_cpu_seconds, beside)),
            readable=lambda: _described(engine),
            dicomweb=f"{ours.url}/dicomweb",
            headers={"Cookie": "; ".join(f"{name}={value}" for name, value in reader.cookies.items())},
        )


def _described(engine: sa.Engine) -> bool:
    count = sa.select(sa.func.count())
    with snapshot(engine) as tx:
        waiting = tx.scalar(count.select_from(tables.instance).where(tables.instance.c.description.is_(None)))
        studies = tx.scalar(count.select_from(tables.study))
        return not waiting and studies == tx.scalar(count.select_from(case_study))


@contextmanager
def orthanc(folder: Path, *, tuned: bool = False) -> Iterator[Server]:
    program = shutil.which("Orthanc", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None or not DICOMWEB_PLUGIN.exists():
        raise Missing
    folder.mkdir(parents=True)
    dicom, http = free_port(), free_port()
    settings: dict[str, Any] = {
        "StorageDirectory": str(folder / "db"),
        "IndexDirectory": str(folder / "db"),
        "DicomPort": dicom,
        "HttpPort": http,
        "AuthenticationEnabled": False,
        "Plugins": [str(DICOMWEB_PLUGIN)],
        "DicomWeb": {"Enable": True},
        **(TUNED if tuned else {}),
    }
    (folder / "orthanc.json").write_text(json.dumps(settings), "utf-8")
    with _process([program, str(folder / "orthanc.json")], folder, dicom) as pid:
        yield Server(
            name="Orthanc, tuned" if tuned else "Orthanc",
            port=dicom,
            called="ORTHANC",
            cpu=partial(tree_cpu_seconds, pid),
            cpu_of_all=partial(tree_cpu_seconds, pid),
            dicomweb=f"http://127.0.0.1:{http}/dicom-web",
        )


@contextmanager
def storescp(folder: Path) -> Iterator[Server]:
    program = shutil.which("storescp")
    if program is None:
        raise Missing
    folder.mkdir(parents=True)
    port = free_port()
    with _process([program, "--fork", "-pdu", "131072", "-od", str(folder), str(port)], folder, port) as pid:
        cpu = partial(tree_cpu_seconds, pid)
        yield Server(name="DCMTK storescp --fork", port=port, called="ANY", cpu=cpu, cpu_of_all=cpu)


@contextmanager
def _process(call: list[str], folder: Path, port: int) -> Iterator[int]:
    environment = {**os.environ, "TCP_NODELAY": "1"}
    process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, env=environment)
    try:
        _await(port)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _await(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace").rsplit(")", 1)[1].split()
    return sum(int(number) for number in fields[11:15]) / TICKS


def tree_cpu_seconds(pid: int) -> float:
    total = cpu_seconds(pid)
    for child in children(pid):
        try:
            total += tree_cpu_seconds(child)
        except FileNotFoundError:  # ended since, and counted with its parent from now on
            continue
    return total


def children(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text("ascii").split()]
