"""`tierread serve`: prepares the installation, then supervises the roles, or runs one of them in this process."""

from __future__ import annotations

import errno
import gc
import os
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Final

import typer
from sqlalchemy.engine import Engine

from reading.anchors.anchor import Forged
from reading.audit import SYSTEM, Audit
from reading.context import Context
from reading.register import passwords, registry
from reading.reports.seal import Seal
from service.gateways.choice import folder_of
from service.installation.certificates import certificates_of
from service.installation.gateway_settings import unsent
from service.installation.heartbeat import Part, Role
from service.installation.installation import (
    CannotStart,
    Folders,
    count_into,
    keys_of,
    make_folders,
    only_one,
    open_database,
    refuse_half_an_index,
)
from service.installation.settings import Settings
from service.installation.signals import stopped_by_signals
from service.installation.stores import anchor_places
from service.processes import role
from service.processes.supervisor import Supervisor
from service.steps.anchor import settle_restore
from service.telemetry import logs
from storage.database import snapshot, transaction
from storage.objects.store import StoreAway, StoreRefuses
from storage.tables.rights import is_owner
from viewer.words.catalogue import Language, text

MOST_LISTENERS: Final = 4

Guard = Callable[[Callable[[], int]], int]
"""Runs what a process does and answers its exit code, whatever error of ours ends it."""


def supervise(settings: Settings, guard: Guard) -> int:
    """Run every role until a signal; answer the exit code."""
    logs.configure("serve", settings.log_level)
    folders = prepare(settings)
    return run_all(settings, folders, guard, lambda: typer.echo(where_things_are(settings, folders)))


def run_all(settings: Settings, folders: Folders, guard: Guard, ready: Callable[[], None]) -> int:
    """Supervise every role on a prepared installation; ``ready`` is called once, when all of them are alive."""
    with only_one(folders, "serve") as lock:
        certificates_of(settings)
        listen(settings.http_host, settings.http_port).close()
        count_into(folders, afresh=True)
        with _listeners(settings) as listeners:
            parts = [*listeners, Part(role=Role.WEB), Part(role=Role.WORKER)]
            return _run_parts(settings, folders, parts, lock=lock, guard=guard, ready=ready)


def _run_parts(
    settings: Settings, folders: Folders, parts: list[Part], *, lock: int, guard: Guard, ready: Callable[[], None]
) -> int:
    shared = {descriptor for part in parts for descriptor in part.sockets}

    _import({part.role for part in parts})
    with stopped_by_signals() as stop:

        def be(part: Part) -> int:
            # Who starts TierRead again must not wait for a child that still ends: it keeps no lock and no other's port.
            for descriptor in {lock, *shared}.difference(part.sockets):
                os.close(descriptor)
            return guard(lambda: run_role(settings, folders, part, stop))

        return Supervisor(folders.run, stop, parts, be, silent_seconds=settings.restart_after_seconds).run(ready)


def _import(roles: set[Role]) -> None:
    """Import what the roles are made of, once for all processes that are forked from this one."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start threads, which no fork takes along
    gc.disable()  # nothing of it is garbage, and looking for some takes a fifth of the time
    for each in sorted(roles):
        role.module_of(each)
    gc.freeze()  # what is shared stays so: the collector of a child would write into its pages
    gc.enable()


def prepare(settings: Settings, *, demo: bool = False) -> Folders:
    """Make folders, keys, schema and the first administrator, whatever of them is missing."""
    folders = make_folders(settings, demo=demo)
    engine = open_database(settings)
    try:
        refuse_half_an_index(engine)
        _warn_of_owner(engine)
        _, seal = keys_of(folders, engine)
        _anchor_restore(settings, folders, engine, seal)
        with snapshot(engine) as tx:
            is_first_start = not registry.has_first_administrator(tx)
        if is_first_start:
            _make_first_administrator(settings, folders, engine)
    finally:
        engine.dispose()
    return folders


def _warn_of_owner(engine: Engine) -> None:
    with snapshot(engine) as tx:
        owns = is_owner(tx)
    if owns:
        logs.logger().warning(
            "the database's role owns the tables or is a superuser: whoever gets hold of it can change the audit; "
            "set TIERREAD_DATABASE_OWNER_URL, and a role without rights of its own in TIERREAD_DATABASE_URL"
        )


def _anchor_restore(settings: Settings, folders: Folders, engine: Engine, seal: Seal) -> None:
    where = anchor_places(settings, folders, engine)
    try:
        settle_restore(where, seal, settings.node, datetime.now(UTC))
    except (StoreAway, StoreRefuses) as away:
        raise CannotStart(
            "a backup was restored, and the object store does not take the anchor that says so",
            "start when the object store answers",
        ) from away
    except Forged as forged:
        raise CannotStart(
            "a backup was restored, and the newest anchor in the object store is not of this installation",
            "put the keys of this installation into the folder of the keys, or look at anchors/ in the object store",
        ) from forged


def _make_first_administrator(settings: Settings, folders: Folders, engine: Engine) -> None:
    password = passwords.first()
    # Written before the commit: a password that nobody can read would lock everybody out.
    _write_secret(folders, f"{registry.ADMINISTRATOR}\n{password.text}\n")
    with transaction(engine) as tx:
        made = registry.make_first_administrator(
            Context(tx, Audit(f"{settings.node}/serve"), datetime.now(UTC), SYSTEM),
            name=text(Language.ZH, "first-start.administrator"),
            region_name=text(Language.ZH, "first-start.region"),
            password=password,
        )
    if made is None:  # another node was first, and has the password
        folders.first_password.unlink()


def listeners_of(settings: Settings, cores: int) -> int:
    """How many processes listen. A second one on SQLite would wait for the first one's commits."""
    if settings.listeners:
        return settings.listeners
    return 1 if settings.database_url.startswith("sqlite") else max(1, min(cores // 2, MOST_LISTENERS))


@contextmanager
def _listeners(settings: Settings) -> Generator[list[Part]]:
    """The listeners that are to be started; several get the sockets that they share.

    What connects while one of them is gone waits in the socket for the others. A single one makes its own.
    """
    ports = [settings.dicom_port, *([settings.dicom_tls_port] if settings.dicom_tls_port else [])]
    with ExitStack() as held:
        sockets = [held.enter_context(listen(settings.dicom_host, port)) for port in ports]
        many = listeners_of(settings, _cores())
        if many == 1:
            held.close()
            yield [Part(role=Role.SCP)]
            return
        descriptors = tuple(each.fileno() for each in sockets)
        yield [Part(role=Role.SCP, number=number + 1, of=many, sockets=descriptors) for number in range(many)]


def run_alone(settings: Settings, which: Role, guard: Guard) -> int:
    """Run one role without the others until a signal, supervised all the same; answer the exit code."""
    logs.configure(which, settings.log_level)
    folders = prepare(settings)
    count_into(folders, afresh=False)
    with only_one(folders, f"only-{which}") as lock, ExitStack() as held:
        parts = held.enter_context(_listeners(settings)) if which is Role.SCP else [Part(role=which)]
        return _run_parts(settings, folders, parts, lock=lock, guard=guard, ready=lambda: None)


def run_role(settings: Settings, folders: Folders, part: Part, stop: threading.Event) -> int:
    """Be that part of a prepared installation until ``stop`` is set; answer the exit code."""
    logs.configure(part.name, settings.log_level)
    count_into(folders, afresh=False)
    with only_one(folders, part.name):
        role.run(part, settings, folders, stop)
    return 0


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        CannotStart: another program listens there, or the address is not of this machine.

    """
    family, kind, protocol, *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)  # asyncio sends small answers at once only where TCP is named
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(256)
    except OSError as refused:
        listener.close()
        why = {
            errno.EADDRINUSE: "is used by another program",
            errno.EACCES: "needs rights that this user has not",
            errno.EADDRNOTAVAIL: "is not an address of this machine",
        }.get(refused.errno or 0, str(refused.strerror))
        raise CannotStart(
            f"{host} port {port} {why}",
            "set TIERREAD_HTTP_PORT, TIERREAD_DICOM_PORT or TIERREAD_DICOM_TLS_PORT to others",
        ) from refused
    return listener


def _cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0))


def _write_secret(folders: Folders, text: str) -> None:
    file = os.open(folders.first_password, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w") as opened:
        os.fchmod(opened.fileno(), 0o600)
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())


def where_things_are(settings: Settings, folders: Folders) -> str:
    web = settings.public_origin or f"http://{reachable(settings.http_host)}:{settings.http_port}"
    lines = [
        "TierRead runs.",
        f"  readers and reviewers   {web}/",
        f"  township                {web}/t",
        f"  patients                {web}/p",
        f"  DICOM                   {settings.ae_title} at {settings.dicom_host} port {settings.dicom_port}",
        *(
            [f"  DICOM by TLS            {settings.ae_title} at {settings.dicom_host} port {settings.dicom_tls_port}"]
            if settings.dicom_tls_port
            else []
        ),
        f"  DICOMweb                {web}/dicomweb",
        f"  data                    {folders.data}",
    ]
    if folders.first_password.exists():
        lines.append(f"  first administrator     {folders.first_password}")
    if unsent(settings):
        lines.append(f"  messages                nothing is sent: no gateway is set; they lie in {folder_of(settings)}")
    return "\n".join([*lines, "  stop with Ctrl-C"])


def reachable(host: str) -> str:
    """The address at which this machine reaches what listens on ``host``."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 every address, seen from here
