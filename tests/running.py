"""A real `tierread serve` for acceptance tests: on free ports, in a folder of its own, with quick settings.

with serving(tmp_path) as tierread:
    cast = tierread.cast()
    ...storescu to tierread.dicom_port with cast.device...
    ada = tierread.sign_in(cast.ada)      # httpx.Client with cookie and X-CSRF-Token
    ada.get("/api/cases").json()
"""

from __future__ import annotations

import atexit
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import httpx

from reading.audit import SYSTEM, Audit
from reading.context import Context
from reading.identifiers import identity_check_character
from reading.kinds import DeviceRight, IdentifierKind, Level, Role, Sex
from reading.patients import patients
from reading.patients.keys import keys_in
from reading.patients.patient_identifiers import Identifier
from reading.register import device_register, registry
from reading.register.devices import Entry
from reading.register.passwords import NewPassword
from service.installation.installation import make_folders, open_database
from service.installation.load_settings import load
from storage.database import transaction
from tests import engines, loopback, warm
from tests.passwords import quick_hash

REPOSITORY: Final = Path(__file__).parent.parent
PASSWORD: Final = "ein-langes-Wort-17"
MAY: Final = frozenset({DeviceRight.STORE, DeviceRight.WORKLIST, DeviceRight.QUERY, DeviceRight.RETRIEVE})
"""The rights of the cast's devices."""
QUICK: Final = {
    "TIERREAD_QUIET_SECONDS": "1",
    "TIERREAD_SEGMENT_IDLE_SECONDS": "1",
    "TIERREAD_HTTP_HOST": "127.0.0.1",
    "TIERREAD_DICOM_HOST": "127.0.0.1",
    # Tests of other things sign in with a password alone; tests/service/test_first_sign_in.py begins as operators do.
    "TIERREAD_SECOND_FACTOR_ROLES": "none",
}


def free_port() -> int:
    """A port that is free now, below those that the kernel gives to outgoing connections.

    Nobody else is given it soon: each process of a parallel run has ports of its own, and takes them in turn.
    """
    for _, port in zip(range(200), _ports(), strict=False):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")


@cache
def _ports() -> Iterator[int]:
    first = 15000 + 2000 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8)
    mine = list(range(first, first + 2000))
    random.SystemRandom().shuffle(mine)
    return cycle(mine)


def wait_until(condition: Callable[[], Any], seconds: float = 120, what: str = "") -> Any:
    """What ``condition`` answers as soon as that is true."""
    deadline = time.monotonic() + seconds
    while True:
        asked = time.monotonic()
        found = condition()
        if found:
            return found
        answered = time.monotonic()
        if answered > deadline:
            raise AssertionError(f"not within {seconds} s: {what or condition}")
        # What is costly to ask is asked less often: most of the time belongs to whom it is asked of.
        time.sleep(min(1, max(0.05, 3 * (answered - asked))))


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@dataclass(frozen=True, kw_only=True)
class Person:
    username: str
    name: str
    password: str = PASSWORD


@dataclass(frozen=True, kw_only=True)
class Patient:
    id: str
    number: str
    name: str
    identity_card: str
    health_card: str


@dataclass(frozen=True, kw_only=True)
class Cast:
    """CITY reviews COUNTY, which reads TOWN; OTHER-COUNTY reads OTHER-TOWN and is Quinn's."""

    tang: Person
    """Takes pictures at the township."""
    ada: Person
    """Reads at the county."""
    vera: Person
    """Verifies at the county."""
    ben: Person
    """Reviews at the city."""
    quinn: Person
    """Reads at the other county, and must see nothing."""
    quentin: Person
    """Takes pictures at the other township, and must see nothing either."""
    pia: Patient
    device: str
    """AE title of the township's device; patient ids of issuer TOWN."""
    other_device: str
    site_id: str
    device_id: str


class TierRead:
    """One installation: its folder, its ports, and its processes while they run."""

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str | None = None,
        settings: Mapping[str, str] | None = None,
        cold: bool = False,
    ) -> None:
        """``cold`` starts it as an operator does, from nothing: no fork of an imported program, no prepared folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.data_dir = folder / "data"
        self.http_port = free_port()
        self.dicom_port = free_port()
        self.url = f"http://127.0.0.1:{self.http_port}"
        self.ae_title = "TIERREAD"
        self.environ = {
            **_outside(),
            **QUICK,
            "TIERREAD_DATA_DIR": str(self.data_dir),
            "TIERREAD_HTTP_PORT": str(self.http_port),
            "TIERREAD_DICOM_PORT": str(self.dicom_port),
            **({"TIERREAD_DATABASE_URL": database_url} if database_url else {}),
            **(settings or {}),
        }
        self.process: subprocess.Popen[bytes] | warm.Started | None = None
        self._cold = cold
        self._clients: list[httpx.Client] = []

    @property
    def database_url(self) -> str:
        return self.environ.get("TIERREAD_DATABASE_URL") or f"sqlite:///{self.data_dir / 'tierread.db'}"

    # -- processes

    def start(self, *arguments: str, ready: bool = True) -> None:
        """Start `tierread serve` (or other arguments) in a process group of its own."""
        words = arguments or ("serve",)
        self._prepare(words)
        with (self.folder / "out.txt").open("ab") as out, (self.folder / "log.txt").open("ab") as log:
            self.process = (
                subprocess.Popen(
                    command(*words),
                    env=self.environ,
                    cwd=self.folder,
                    stdout=out,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
                if self._cold
                else warm.start(words, env=self.environ, cwd=self.folder, out=out.fileno(), err=log.fileno())
            )
        if ready:
            self.wait_ready()

    def wait_ready(self, seconds: float = 120) -> None:
        wait_until(self._is_ready, seconds, "ready")

    def stop(self) -> int:
        """SIGTERM, as an operator does; the exit code."""
        return self._end(signal.SIGTERM, group=False)

    def kill(self) -> None:
        """kill -9 of every process at once."""
        self._end(signal.SIGKILL, group=True)

    def close(self) -> None:
        for client in self._clients:
            client.close()
        if self.process is not None:
            try:
                self._end(signal.SIGTERM, group=False)
            except subprocess.TimeoutExpired:
                self.kill()
                raise

    @property
    def log(self) -> str:
        return (self.folder / "log.txt").read_text("utf-8")

    @property
    def out(self) -> str:
        return (self.folder / "out.txt").read_text("utf-8")

    def admin(self, *arguments: str) -> Any:
        """Run a command of the CLI with --json; its answer."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the CLI."""
        self._prepare(arguments)
        return warm.run(arguments, env=self.environ, cwd=self.folder)

    # -- callers

    def client(self, **options: Any) -> httpx.Client:
        """A client without any credentials, closed with the installation."""
        made = loopback.client(self.url, timeout=120, **options)
        self._clients.append(made)
        return made

    def sign_in(self, person: Person) -> httpx.Client:
        """A client with the person's session and its token for unsafe requests."""
        client = self.client()
        answer = client.post("/api/session", json={"username": person.username, "password": person.password})
        assert answer.status_code in (200, 201), answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return client

    def machine(self, ae_title: str) -> httpx.Client:
        """A client with a new machine token of the device."""
        token = self.admin("device", "token", ae_title)["token"]
        return self.client(headers={"Authorization": f"Bearer {token}"})

    # -- people

    def cast(self) -> Cast:
        """Make the organisations, people, devices and the patient of the tests."""
        now = datetime.now(UTC)
        password = NewPassword(text=PASSWORD, hash=quick_hash(PASSWORD), is_first=False)
        with engines.pointed(self.database_url) as engine, transaction(engine) as tx:
            ctx = Context(tx, Audit("tests/cast"), now, SYSTEM)
            for code, name, level, parent in (
                ("CITY", "市人民医院", Level.CITY, None),
                ("COUNTY", "县人民医院", Level.COUNTY, "CITY"),
                ("TOWN", "河口镇卫生院", Level.TOWNSHIP, "COUNTY"),
                ("OTHER-COUNTY", "邻县人民医院", Level.COUNTY, "CITY"),
                ("OTHER-TOWN", "邻镇卫生院", Level.TOWNSHIP, "OTHER-COUNTY"),
            ):
                registry.add_organisation(ctx, code=code, name=name, level=level, parent_code=parent)

            def person(username: str, name: str, code: str, role: Role, title: str = "") -> Person:
                registry.add_person(
                    ctx,
                    username=username,
                    name=name,
                    title=title,
                    organisation_code=code,
                    role=role,
                    password=password,
                )
                return Person(username=username, name=name)

            local = Entry(network="127.0.0.1")
            device = device_register.add(ctx, ae_title="DR_TOWN", site_code="TOWN", entry=local, may=MAY)
            device_register.add(ctx, ae_title="DR_OTHER", site_code="OTHER-TOWN", entry=local, may=MAY)
            return Cast(
                tang=person("tang", "唐技师", "TOWN", Role.TECHNICIAN),
                ada=person("ada", "艾医生", "COUNTY", Role.READER, "住院医师"),
                vera=person("vera", "魏医生", "COUNTY", Role.VERIFIER, "主治医师"),
                ben=person("ben", "贝主任", "CITY", Role.REVIEWER, "主任医师"),
                quinn=person("quinn", "邱医生", "OTHER-COUNTY", Role.READER, "主治医师"),
                quentin=person("quentin", "曲技师", "OTHER-TOWN", Role.TECHNICIAN),
                pia=self._register(tx, "皮亚", date(1980, 5, 6), now),
                device=device.ae_title,
                other_device="DR_OTHER",
                site_id=device.site_id,
                device_id=device.id,
            )

    def _register(self, tx: Any, name: str, born: date, now: datetime) -> Patient:
        first = f"990101{born:%Y%m%d}002"
        identity_card = first + identity_check_character(first)
        health_card = "AB" * 32
        made = patients.register(
            tx,
            keys_in(self.data_dir / "keys"),
            name=name,
            birth_date=born,
            sex=Sex.FEMALE,
            identifiers=[
                Identifier(kind=IdentifierKind.IDENTITY_CARD, value=identity_card),
                Identifier(kind=IdentifierKind.HEALTH_CARD, value=health_card),
            ],
            now=now,
        )
        return Patient(id=made.id, number=made.number, name=name, identity_card=identity_card, health_card=health_card)

    def _prepare(self, arguments: Sequence[str]) -> None:
        """Before the first command: the folder and the database that it would make."""
        begun = self.data_dir.exists() or "TIERREAD_DATABASE_URL" in self.environ
        if not (begun or self._cold or "demo" in arguments):
            shutil.copytree(_prepared() if arguments[-1] == "serve" else _founded(), self.data_dir)

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.log[-3000:]}"
        try:
            with loopback.client(self.url, timeout=30) as asking:
                return asking.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def _end(self, how: signal.Signals, *, group: bool) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            if group:
                with suppress(ProcessLookupError):  # it ended by itself since it was asked, or has no group yet
                    os.killpg(self.process.pid, how)
            self.process.send_signal(how)
        code = self.process.wait(60)
        if group:
            wait_until(lambda group=self.process.pid: not _lives(group), 60, "the end of every process")
        self.process = None
        return code


def _outside() -> dict[str, str]:
    """The environment of the tests without settings of whoever runs them."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TIERREAD_")}


@cache
def _prepared() -> Path:
    data = _scratch()
    done = warm.run(["prepare"], env={**_outside(), "TIERREAD_DATA_DIR": str(data)}, cwd=data.parent)
    assert done.returncode == 0, done.stderr
    return data


@cache
def _founded() -> Path:
    """Folders and a database without keys and without anybody: what a command needs at least."""
    settings = load({"TIERREAD_DATA_DIR": str(data := _scratch())})
    make_folders(settings, demo=None, founds=True)
    open_database(settings).dispose()
    return data


def _scratch() -> Path:
    scratch = tempfile.TemporaryDirectory(prefix="tr-prepared-")
    atexit.register(scratch.cleanup)
    return Path(scratch.name) / "data"


def _lives(group: int) -> bool:
    """Whether a thread of the group is anything but dead: the last one to end closes the ports of its process."""
    for stat in Path("/proc").glob("[0-9]*/task/[0-9]*/stat"):
        try:
            state, _, pgrp = stat.read_text("utf-8", "replace").rpartition(")")[2].split()[:3]
        except OSError:  # it has ended meanwhile
            continue
        if int(pgrp) == group and state not in "ZX":
            return True
    return False


def command(*arguments: str) -> list[str]:
    """The command as an operator calls it, for whoever starts it by another program."""
    return [sys.executable, "-m", "service.cli", *arguments]


@contextmanager
def serving(
    folder: Path, *, database_url: str | None = None, settings: Mapping[str, str] | None = None, cold: bool = False
) -> Iterator[TierRead]:
    """A running installation, stopped at the end."""
    tierread = TierRead(folder, database_url=database_url, settings=settings, cold=cold)
    try:
        tierread.start()
        yield tierread
    finally:
        tierread.close()
