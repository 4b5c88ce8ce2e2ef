"""What an installation has on its disk: the data folder, its keys, its database, and the mark of demonstration data."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_IMODE
from typing import Final

from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import DatabaseError, OperationalError, ProgrammingError

from reading.patients import known_keys
from reading.patients.keys import Keys, keys_in
from reading.reports.seal import Seal
from service.installation.settings import Settings
from storage.database import Durability, connect, snapshot, transaction
from storage.rebuild.rebuild import is_unfinished
from storage.schema import SchemaTooNew, is_founded, migrate
from storage.tables.rights import NoSuchRole, grant

KEY_FILES: Final = ("identifiers.hmac", "identifiers.aes", "seal.pem")
_NOT_PERMITTED: Final = "42501"
"""PostgreSQL's code for insufficient privilege."""
DEMO_MARK: Final = "DEMO-DATA"
"""A file of this name in the data folder says that its people and patients are invented."""


class CannotStart(Exception):
    """Something outside the program must be put right first; ``problem`` says what, ``remedy`` how."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, kw_only=True)
class Folders:
    """The folders below the data folder."""

    data: Path
    keys_dir: Path | None = None

    @property
    def spool(self) -> Path:
        """Segments that are not in the object store yet."""
        return self.data / "spool"

    @property
    def keys(self) -> Path:
        """Keys of identifiers and of the seal; never to be lost or shown."""
        return self.keys_dir or self.data / "keys"

    @property
    def run(self) -> Path:
        """Locks, signs of life and counters, of use only while TierRead runs."""
        return self.data / "run"

    @property
    def first_password(self) -> Path:
        return self.data / "first-administrator.txt"


def folders_of(settings: Settings) -> Folders:
    return Folders(data=settings.data_dir, keys_dir=settings.keys_dir)


def make_folders(settings: Settings, *, demo: bool | None = False, founds: bool = False) -> Folders:
    """Make what is missing in the data folder; ``demo`` is None for commands that take either kind of data.

    Such a command works on an installation that is there; ``founds`` is for one that may be the first (a restore).

    Raises:
        CannotStart: the folder cannot be written, holds demonstration data where real data is meant, or the reverse, or
            no installation where a command needs one.

    """
    folders = folders_of(settings)
    if demo is None and not founds:
        _refuse_unfounded(settings, folders.data)
    try:
        empty = not folders.data.exists() or not any(folders.data.iterdir())
        for folder in (folders.data, folders.spool, folders.keys, folders.run):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if S_IMODE(folders.keys.stat().st_mode) != 0o700:  # where it is mounted read-only nothing is to be changed
            folders.keys.chmod(0o700)
        _close_to_others(folders.data, settings.database_url)
        mark = folders.data / DEMO_MARK
        if demo and empty:
            mark.write_text(
                "Everything here is invented. `tierread demo` uses it; `tierread serve` refuses it.\n", "utf-8"
            )
    except OSError as unwritable:
        raise CannotStart(
            f"the data folder {folders.data} cannot be used: {unwritable.strerror}",
            "make it a folder that this user may write to, or set TIERREAD_DATA_DIR",
        ) from unwritable
    if mark.exists() and demo is False:
        raise CannotStart(
            f"{folders.data} holds demonstration data",
            "run `tierread demo` for it, or set TIERREAD_DATA_DIR to another folder",
        )
    if demo and not mark.exists():
        raise CannotStart(
            f"{folders.data} holds data that is not a demonstration's",
            "set TIERREAD_DATA_DIR to an empty folder for the demonstration",
        )
    return folders


def _refuse_unfounded(settings: Settings, data: Path) -> None:
    """Refuse where the database has nothing of ours: a command makes none by the way.

    Raises:
        CannotStart: the embedded database is missing, that of a server is empty or does not answer.

    """
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        if not Path(url.database or "").is_file():
            raise CannotStart(
                f"there is no installation in {data}",
                "name its data folder with TIERREAD_DATA_DIR (that of `make demo` is data-demo), or start one with "
                "`tierread serve`",
            )
        return
    engine = connect(settings.database_url)
    try:
        founded = is_founded(engine)
    except DatabaseError as failure:
        raise database_failure(failure) from failure
    finally:
        engine.dispose()
    if not founded:
        raise CannotStart(
            "there is no installation in the database that TIERREAD_DATABASE_URL names: it is empty",
            "name that of the installation, or start one with `tierread serve`",
        )


def _close_to_others(data: Path, database_url: str) -> None:
    """Let nobody else read a data folder that somebody made by hand, or the files of the embedded database.

    Raises:
        OSError: the database's file cannot be made.

    """
    with suppress(PermissionError):  # a folder of another user that this one may write to, such as a volume
        if data.stat().st_mode & 0o077:
            data.chmod(0o700)
    name = make_url(database_url).database if database_url.startswith("sqlite") else None
    if not name or not Path(name).parent.is_dir():
        return
    os.close(os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for part in (Path(f"{name}{suffix}") for suffix in ("", "-wal", "-shm", "-journal")):
        with suppress(FileNotFoundError, PermissionError):
            if part.stat().st_mode & 0o077:
                part.chmod(0o600)


def database_failure(error: DatabaseError) -> CannotStart:
    """What to say of a database that cannot be used: it does not answer, or its file is damaged."""
    if isinstance(error, OperationalError) and "malformed" not in str(error.orig):
        return CannotStart(
            "the database does not answer or does not let us in",
            "check TIERREAD_DATABASE_URL, and that the server runs and knows this user",
        )
    return CannotStart(
        "the database is damaged, or its file is not a database",
        "move it away and restore the newest backup with `tierread restore` (docs/storage.md)",
    )


def open_database(settings: Settings, durability: Durability = Durability.SYNCHRONOUS) -> Engine:
    """An engine on a database that has the schema of this version.

    Raises:
        CannotStart: it does not answer, is damaged, or a newer version has migrated it.

    """
    engine = connect(settings.database_url, durability)
    try:
        migrate_as_owner(settings)
        migrate(engine)
    except NoSuchRole as missing:
        engine.dispose()
        raise CannotStart(
            f"the database has no role {missing.role}, which TIERREAD_DATABASE_URL names",
            'make it: CREATE ROLE ... LOGIN PASSWORD ... (docs/operations.md, "Roles of the database")',
        ) from missing
    except DatabaseError as failure:
        engine.dispose()
        if isinstance(failure, ProgrammingError) and getattr(failure.orig, "sqlstate", "") == _NOT_PERMITTED:
            raise CannotStart(
                "the database has an older schema, and the role of TIERREAD_DATABASE_URL may not change it",
                "run `tierread prepare` with TIERREAD_DATABASE_OWNER_URL, the role that owns the tables",
            ) from failure
        if isinstance(failure, OperationalError) or type(failure) is DatabaseError:
            raise database_failure(failure) from failure
        raise
    except SchemaTooNew as too_new:
        engine.dispose()
        raise CannotStart(
            f"the database is at revision {too_new.revision}, which this version does not know",
            "run the version of TierRead that migrated it, or a newer one",
        ) from too_new
    return engine


def migrate_as_owner(settings: Settings) -> None:
    """Where the owner of the tables is known: bring the schema up to date and give the application's role its rights.

    Raises:
        NoSuchRole: the application's role does not exist.
        SchemaTooNew: a newer version has migrated the database.

    """
    if not settings.database_owner_url:
        return
    owner = connect(settings.database_owner_url)
    try:
        migrate(owner)
        grant(owner, make_url(settings.database_url).username or "")
    finally:
        owner.dispose()


def keys_of(folders: Folders, engine: Engine) -> tuple[Keys, Seal]:
    """The keys and the seal, made at the first start of an installation and never again.

    Raises:
        CannotStart: the database was written with others, or with some and here are none.

    """
    with snapshot(engine) as tx:
        known = known_keys.knows_keys(tx)
    missing = not all((folders.keys / name).exists() for name in KEY_FILES)
    if known and missing:
        raise CannotStart(
            f"the keys of this installation are not in {folders.keys}",
            "copy them there from another node or from the backup, with mode 0600",
        )
    keys, seal = keys_in(folders.keys), Seal.from_folder(folders.keys)
    parts = {
        "identifiers.hmac": keys.digest_key,
        "identifiers.aes": keys.cipher_key,
        "seal": seal.key_id.encode("ascii"),
    }
    with transaction(engine) as tx:
        strange = known_keys.strange_keys(tx, parts)
    if strange:
        raise CannotStart(
            f"the keys in {folders.keys} are not those that the database was written with: {', '.join(strange)}",
            "copy them from another node or from the backup; every node has the same",
        )
    return keys, seal


def refuse_half_an_index(engine: Engine) -> None:
    """Refuse an index that is still being made again: it may show images that somebody has hidden.

    Raises:
        CannotStart: it is.

    """
    if is_unfinished(engine):
        raise CannotStart(
            "the database was restored, or its index is being made again: it may show what was hidden since",
            "run `tierread rebuild-index` to its end",
        )


@contextmanager
def only_one(folders: Folders, what: str) -> Generator[int]:
    """Hold the lock ``what`` of this data folder; yields its descriptor, which a forked process must close.

    Raises:
        CannotStart: another process holds it.

    """
    file = os.open(folders.run / f"{what}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            raise CannotStart(
                f"`tierread serve` ({what}) is already running on {folders.data}",
                "stop it first, or give this one a data folder of its own with TIERREAD_DATA_DIR",
            ) from held
        yield file
    finally:
        os.close(file)


def count_into(folders: Folders, *, afresh: bool) -> None:
    """Let this process and those that it starts count into files of the run folder; call before importing metrics."""
    counters = folders.run / "metrics"
    counters.mkdir(exist_ok=True)
    for file in counters.glob("*.db"):
        if afresh or not Path("/proc", file.stem.rpartition("_")[2]).exists():
            file.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counters)
