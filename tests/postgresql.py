"""A throw-away PostgreSQL cluster on a Unix socket; as root it runs as the user `postgres`."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from storage.database import connect
from storage.schema import migrate
from tests import engines

ROOM = 2 << 30
APPLICATION = "tierread_app"
"""The role of the application, which owns nothing."""
_TABLES = """SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'"""
_NOBODY_ELSE = """SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
AND NOT (state = 'idle' AND pid = ANY(%(standing)s))"""
_CATALOGUE = " UNION ALL ".join(
    f"SELECT count(*), max(xmin::text::bigint) FROM {catalogue}"
    for catalogue in (
        *("pg_class", "pg_attribute", "pg_constraint", "pg_trigger", "pg_statistic"),
        "pg_proc WHERE pronamespace = 'public'::regnamespace",
    )
)
"""What every change of a table, a right or a function changes, and every ANALYZE."""
_PREPARED = """SET session_replication_role = replica;
CREATE FUNCTION pg_temp.empty_all() RETURNS void LANGUAGE plpgsql AS $$ BEGIN {deletes} END $$"""
"""A function, for a session remembers the plans of its statements."""
_LENT_TIMES = 50
"""Then a database has so many dead rows that a new one is worth more."""
_VERSION = "SELECT version_num FROM alembic_version"


def as_application(owner_url: str) -> str:
    """The URL of the same database for the application's role."""
    return sa.make_url(owner_url).set(username=APPLICATION).render_as_string(hide_password=False)


def programs() -> Path | None:
    """The folder of initdb and postgres, which distributions keep outside PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


@dataclass
class _Lent:
    """A database that is lent to one test after another, and a connection that stands all the while."""

    url: str
    standing: sa.Connection
    times: int = 1


class Cluster:
    """One server with a migrated template; `new_database` copies it."""

    def __init__(self, bin_dir: Path, *, durable: bool = False, settings: Sequence[str] = ()) -> None:
        """``durable`` flushes as an installation does; the tests' own server does not. ``settings`` are NAME=VALUE."""
        self._bin = bin_dir
        self._durable = durable
        self._settings = settings
        # What need not be durable lies in memory where there is some. A socket's path is at most 107 bytes.
        memory = Path("/dev/shm")
        folder = memory if not durable and memory.is_dir() and shutil.disk_usage(memory).free > ROOM else Path("/tmp")
        self._dir = Path(tempfile.mkdtemp(prefix="tr-pg-", dir=folder))
        self._made = 0
        self._free: list[_Lent] = []
        self._as_postgres: dict[str, object] = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self._dir, user.pw_uid, user.pw_gid)
            self._as_postgres = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self._run(
            "initdb", "-D", str(self._dir / "d"), "-U", "tierread", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"
        )
        self._server = self._start()
        self._await_ready()
        self._admin = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        self._execute(f"CREATE ROLE {APPLICATION} LOGIN")
        self._execute('CREATE DATABASE "template"')
        engine = connect(self.url("template"))
        migrate(engine)
        with engine.connect() as connection:
            tables = connection.exec_driver_sql(_TABLES).scalars()
            # Without triggers and foreign keys, and as the owner: what is only ever inserted goes, too.
            self._prepared = _PREPARED.format(deletes=" ".join(f"DELETE FROM {table};" for table in tables))
            self._catalogue = connection.exec_driver_sql(_CATALOGUE).all()
            self._version = connection.exec_driver_sql(_VERSION).scalars().all()
        engine.dispose()

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://tierread@/{name}?host={self._dir}"

    @property
    def pid(self) -> int:
        return self._server.pid

    def new_database(self) -> str:
        """The URL of a fresh, migrated database."""
        return self._copied("template")

    @contextmanager
    def borrowed_database(self) -> Generator[str]:
        """The URL of a migrated database without rows, which the next borrower gets when it was emptied again.

        Making one copies some hundred files; emptying it costs a tenth of that. One whose tables are no longer those of
        the template is dropped.
        """
        lent = self._free.pop() if self._free else self._new_lent()
        yield lent.url
        if lent.times < _LENT_TIMES and self._emptied(lent.standing):
            lent.times += 1
            self._free.append(lent)
        else:
            lent.standing.close()
            self.drop(lent.url)

    def _new_lent(self) -> _Lent:
        url = self.new_database()
        standing = sa.create_engine(url, poolclass=sa.NullPool).connect()
        with standing.begin():
            standing.exec_driver_sql(self._prepared)
        return _Lent(url, standing)

    def _emptied(self, standing: sa.Connection) -> bool:
        """Empty a database that has its first tables, and say whether it has.

        Afterwards nobody is connected but the engines of the tests, which are at rest.
        """
        try:
            with standing.begin():
                standing.exec_driver_sql(_NOBODY_ELSE, {"standing": list(engines.BACKENDS)})
                if standing.exec_driver_sql(_CATALOGUE).all() != self._catalogue:
                    return False
                if standing.exec_driver_sql(_VERSION).scalars().all() != self._version:
                    return False
                standing.exec_driver_sql("SELECT pg_temp.empty_all()")
        except sa.exc.OperationalError:
            return False  # the test was about a server that goes away
        return True

    def empty_database(self) -> str:
        """The URL of a database without any table."""
        return self._copied("template0")

    def _copied(self, template: str) -> str:
        self._made += 1
        name = f"t{self._made}"
        # Copying its files takes a third of the time of copying them through the log.
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(name)

    def drop(self, url: str) -> None:
        name = sa.make_url(url).database
        self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def kill(self) -> None:
        """kill -9 of the server and of all its processes, so that what they had not yet written is gone."""
        processes = [self.pid, *_children(self.pid)]
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._server.wait(30)
        while any(Path(f"/proc/{process}").exists() for process in processes):
            time.sleep(0.01)
        self._admin.dispose()

    def start_again(self) -> None:
        self._server = self._start()
        self._await_ready()

    def stop(self) -> None:
        engines.release()
        self._admin.dispose()
        for lent in self._free:
            lent.standing.close()
        self._server.send_signal(signal.SIGINT)
        self._server.wait(30)
        shutil.rmtree(self._dir, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._bin / program), *arguments],
            check=True,
            capture_output=True,
            cwd="/",
            **self._as_postgres,  # type: ignore[call-overload]
        )

    def _start(self) -> subprocess.Popen[bytes]:
        options = [
            "-c",
            "listen_addresses=",
            "-c",
            f"unix_socket_directories={self._dir}",
            "-c",
            "max_connections=200",
            *(word for each in self._settings for word in ("-c", each)),
            # Statistics are those of a fresh database, as plans are examined on it.
            *([] if self._durable else ["-c", "autovacuum=off", "-c", "fsync=off", "-c", "full_page_writes=off"]),
        ]
        with (self._dir / "log").open("wb") as log:
            return subprocess.Popen(  # type: ignore[call-overload]
                [str(self._bin / "postgres"), "-D", str(self._dir / "d"), *options],
                stdout=log,
                stderr=log,
                cwd="/",
                **self._as_postgres,
            )

    def _await_ready(self) -> None:
        deadline = time.monotonic() + 60
        engine = sa.create_engine(self.url("postgres"))
        while True:
            try:
                engine.connect().close()
            except sa.exc.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                engine.dispose()
                return

    def _execute(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)


def _children(parent: int) -> list[int]:
    found: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            fields = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(stat.parent.name))
    return found
