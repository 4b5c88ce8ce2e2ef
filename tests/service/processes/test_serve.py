"""`tierread serve`: it starts, says where things are, looks after its processes, and ends cleanly."""

from __future__ import annotations

import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.installation.installation import DEMO_MARK
from tests.running import TierRead, serving, wait_until


@pytest.fixture
def tierread(tmp_path: Path) -> Iterator[TierRead]:
    made = TierRead(tmp_path)
    yield made
    made.close()


def process_of(tierread: TierRead, role: str) -> int:
    return int((tierread.data_dir / "run" / f"{role}.alive").read_text() or 0)


def lives(process: int) -> bool:
    """Whether it runs: one that ended counts as gone, though nobody has asked yet how it ended."""
    try:
        state = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_it_runs_is_alone_on_its_data_ends_cleanly_and_starts_again(tmp_path: Path) -> None:
    with serving(tmp_path, cold=True) as tierread:
        roles = [process_of(tierread, role) for role in ("scp", "web", "worker")]
        wait_until(lambda: "stop with Ctrl-C" in tierread.out)
        password_file = tierread.data_dir / "first-administrator.txt"
        username, password = password_file.read_text().split()
        signed_in = tierread.client().post("/api/session", json={"username": username, "password": password})
        second = tierread.run("serve")
        code = tierread.stop()

        assert tierread.url in tierread.out
        assert str(tierread.dicom_port) in tierread.out
        assert stat.S_IMODE(password_file.stat().st_mode) == 0o600
        assert stat.S_IMODE((tierread.data_dir / "keys").stat().st_mode) == 0o700
        assert signed_in.json()["must_change_password"] is True
        assert second.returncode == 3
        assert "already running" in second.stderr
        assert code == 0
        assert not any(lives(process) for process in roles)
        assert list((tierread.data_dir / "run").glob("*.alive")) == []

        tierread.start()

        assert password_file.read_text().split() == [username, password]


def test_a_process_that_dies_is_started_again_and_none_outlives_the_supervisor(tmp_path: Path) -> None:
    with serving(tmp_path) as tierread:
        worker, web = process_of(tierread, "worker"), process_of(tierread, "web")
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: process_of(tierread, "worker") not in (0, worker), what="another worker")
        roles = [process_of(tierread, role) for role in ("scp", "web", "worker")]
        still = lives(web)
        assert tierread.process is not None
        os.kill(tierread.process.pid, signal.SIGKILL)
        tierread.process.wait()
        wait_until(lambda: not any(lives(process) for process in roles), what="the processes to end")

        assert still
        assert '"process": "worker"' in tierread.log
        assert '"exit_code": -9' in tierread.log


@pytest.mark.parametrize("role", ["scp", "web", "worker"])
def test_a_process_that_stands_still_is_started_again_and_those_that_answer_are_let_be(
    tmp_path: Path, role: str
) -> None:
    with serving(tmp_path, settings={"TIERREAD_RESTART_AFTER_SECONDS": "2"}) as tierread:
        before = {each: process_of(tierread, each) for each in ("scp", "web", "worker")}
        os.kill(before[role], signal.SIGSTOP)
        wait_until(lambda: process_of(tierread, role) not in (0, before[role]), what="another process")
        tierread.wait_ready()
        after = {each: process_of(tierread, each) for each in before}
        counted = tierread.client().get("/metrics").text

        assert {each for each in before if before[each] != after[each]} == {role}
        assert not lives(before[role])
        assert '"event": "process does not answer, ended"' in tierread.log
        assert f'tierread_process_restarts_total{{process="{role}",why="silent"}} 1.0' in counted


def test_one_role_runs_alone(tierread: TierRead) -> None:
    tierread.environ["TIERREAD_RESTART_AFTER_SECONDS"] = "2"
    tierread.start("serve", "--role", "worker", ready=False)
    alive = tierread.data_dir / "run" / "worker.alive"
    wait_until(lambda: alive.exists() and alive.read_text())
    before = process_of(tierread, "worker")
    os.kill(before, signal.SIGSTOP)
    wait_until(lambda: process_of(tierread, "worker") not in (0, before), what="another process")
    second = tierread.run("serve", "--role", "worker")
    code = tierread.stop()

    assert second.returncode == 3
    assert "already running" in second.stderr
    assert code == 0


@pytest.mark.parametrize("port", ["http_port", "dicom_port"])
def test_a_port_in_use_is_named(tierread: TierRead, port: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", getattr(tierread, port)))
        other.listen()
        done = tierread.run("serve")

    assert done.returncode == 3
    assert f"127.0.0.1 port {getattr(tierread, port)} is used by another program" in done.stderr
    assert "TIERREAD_HTTP_PORT" in done.stderr


def test_invented_and_real_data_are_never_mixed(tierread: TierRead) -> None:
    tierread.admin("org", "list")
    demo = tierread.run("demo")
    (tierread.data_dir / DEMO_MARK).touch()
    serve = tierread.run("serve")

    assert demo.returncode == serve.returncode == 3
    assert "not a demonstration" in demo.stderr
    assert "demonstration data" in serve.stderr


def test_a_data_folder_that_cannot_be_used_is_named(tierread: TierRead) -> None:
    tierread.data_dir.write_text("a file")
    done = tierread.run("serve")

    assert done.returncode == 3
    assert str(tierread.data_dir) in done.stderr


def test_keys_that_others_can_read_are_refused(tierread: TierRead) -> None:
    first = tierread.run("org", "list")
    (tierread.data_dir / "keys" / "identifiers.hmac").write_bytes(bytes(32))
    done = tierread.run("serve")

    assert first.returncode == 0
    assert done.returncode == 3
    assert "chmod 600" in done.stderr
