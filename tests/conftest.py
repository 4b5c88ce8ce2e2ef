"""What every test may ask for: both databases, an S3 server, system tools; what is missing skips by name."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Final

import hypothesis
import pytest
from sqlalchemy.engine import Engine

from storage.database import connect
from storage.open_transactions import SlowInTransaction, is_writing
from storage.schema import migrate
from tests import engines, postgresql, seaweedfs

gc.disable()  # until everything is imported and collected: a million objects that stay, looked through again and again


_SLOW = frozenset({"socket.connect", "socket.getaddrinfo", "subprocess.Popen", "time.sleep", "os.rename"})


def _nothing_slow_in_a_transaction(event: str, args: tuple[object, ...]) -> None:
    # In every test, whatever it is about: what is slow and asks no `outside_transaction` is seen by the interpreter.
    # The name first: there are thousands of other events in a test.
    if (event in _SLOW or (event == "open" and _writes(args))) and is_writing():
        raise SlowInTransaction(event)


def _writes(args: tuple[object, ...]) -> bool:
    path, flags = str(args[0]), args[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR)) and "__pycache__" not in path


sys.addaudithook(_nothing_slow_in_a_transaction)


_LONG = ("tests/acceptance/", "tests/pictures/", "tests/service/test_demo.py", "tests/test_path_of_a_study.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # What takes long begins first, so that at the end no worker is left alone with it: the rest is short.
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let each worker begin to import somewhere else: what one of them has compiled the others read."""
    here = session.config.invocation_params.dir
    asked = {here / named.split("::")[0] for named in session.config.args}
    modules = sorted({module for path in asked for module in ([path] if path.is_file() else path.rglob("test_*.py"))})
    number, workers = os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:], os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
    begin = len(modules) * int(number) // int(workers)
    for path in modules[begin:] + modules[:begin] if begin else []:
        import_module(".".join(path.relative_to(session.config.rootpath).with_suffix("").parts))


def pytest_collection_finish() -> None:
    gc.freeze()  # nor does any collection during a test look through them
    gc.set_threshold(50_000, 20, 20)  # statements leave short-lived circles by the thousand: a twentieth of all time
    gc.enable()


# How long an example takes says how busy the machine is. Every run draws other examples.
hypothesis.settings.register_profile("suite", deadline=None, max_examples=40)
hypothesis.settings.register_profile("at length", deadline=None, max_examples=1000)
hypothesis.settings.load_profile("suite")


_MEMORY: Final = Path("/dev/shm")
_ROOM: Final = 8 << 30
"""What must be free before folders of tests lie in memory: a whole run leaves some four gigabytes at a time."""


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--at-length"):
        hypothesis.settings.load_profile("at length")
    elif _MEMORY.is_dir() and min(shutil.disk_usage(_MEMORY).free, _memory_free()) > _ROOM:
        # Each SQLite test flushes its file several times, which no test is about: those that are watch the calls.
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def _memory_free() -> int:
    """Bytes that programs may still take (proc(5))."""
    said = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text("ascii").splitlines())
    return int(said["MemAvailable"].split()[0]) * 1024


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-cases", default=400, type=int, help="how many cases each entry of tests/fuzz is given")
    parser.addoption("--at-length", action="store_true", help="crash and size tests in full, as `make torture` does")


@pytest.fixture
def at_length(request: pytest.FixtureRequest) -> bool:
    """Whether crash and size tests run in full, or the slice of the suite."""
    return bool(request.config.getoption("--at-length"))


def need_tool(command: str) -> str:
    """The path of a system tool; a missing one skips the test, and fails it when CI=true."""
    path = shutil.which(command)
    if path is None:
        missing(command)
    return str(path)


def missing(tool: str) -> None:
    """Skip by name; with CI=true a skip for a missing tool is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{tool} is missing")
    pytest.skip(f"{tool} is missing")


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = connect(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()  # the last connection to close brings the log home
    return path


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgresql.Cluster]:
    bin_dir = postgresql.programs()
    if bin_dir is None:
        missing("postgres")
    assert bin_dir is not None
    server = postgresql.Cluster(bin_dir)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def s3() -> Iterator[seaweedfs.SeaweedFS]:
    """A real S3 server with an empty bucket."""
    weed = seaweedfs.program()
    if weed is None:
        missing("weed")
    assert weed is not None
    server = seaweedfs.SeaweedFS(weed)
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database: every test that asks for it runs on both."""
    if request.param == "sqlite":
        path = tmp_path / "tierread.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: postgresql.Cluster = request.getfixturevalue("cluster")
    with server.borrowed_database() as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh, migrated database, once with SQLite and once with PostgreSQL."""
    with engines.pointed(database_url) as made:
        yield made
