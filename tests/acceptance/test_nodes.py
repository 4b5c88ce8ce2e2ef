"""Several nodes that share a database and a bucket: each serves what another acknowledged a moment ago, and a node that
dies leaves nothing stuck."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import sqlalchemy as sa

from storage import tables
from storage.database import connect, snapshot
from tests.builders import CT, image, new_uid, thing
from tests.postgresql import Cluster
from tests.running import Cast, TierRead, free_port, listens, wait_until
from tests.seaweedfs import SeaweedFS
from tests.wire import EXPLICIT_LITTLE, Object, Sender

ACCEPT: Final = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
STORED: Final = 0x0000


@dataclass
class Region:
    """Two listeners, two web nodes and two workers, each with a folder of its own and the same keys."""

    folder: Path
    database_url: str
    s3: SeaweedFS

    def node(self, name: str, **more: str) -> TierRead:
        made = TierRead(
            self.folder / name,
            database_url=self.database_url,
            settings={
                **self.s3.settings("region"),
                "TIERREAD_NODE": name,
                "TIERREAD_KEYS_DIR": str(self.folder / "keys"),
                "TIERREAD_SPOOL_HOST": "127.0.0.1",
                "TIERREAD_SPOOL_URL": f"http://127.0.0.1:{free_port()}",
                # Segments stay open while the tests look, as they do while a device sends.
                "TIERREAD_SEGMENT_IDLE_SECONDS": "600",
                **more,
            },
        )
        (made.data_dir / "keys").parent.mkdir(parents=True, exist_ok=True)
        return made

    @contextmanager
    def running(self, node: TierRead, role: str) -> Iterator[TierRead]:
        node.start("serve", "--role", role, ready=False)
        try:
            if role == "scp":
                wait_until(lambda: listens(node.dicom_port), what=f"{role} of {node.folder.name}")
            elif role == "web":
                node.wait_ready()
            yield node
        finally:
            node.close()


@pytest.fixture
def region(tmp_path: Path, cluster: Cluster, s3: SeaweedFS) -> Iterator[Region]:
    url = cluster.new_database()
    yield Region(tmp_path, url, s3)
    cluster.drop(url)


@pytest.mark.timeout(240)
def test_two_of_each_work_side_by_side(region: Region) -> None:
    listeners = [region.node("scp1"), region.node("scp2")]
    webs = [region.node("web1"), region.node("web2")]
    workers = [region.node("worker1"), region.node("worker2")]
    with ExitStack() as running:
        for node in listeners:
            running.enter_context(region.running(node, "scp"))
        cast = cast_of(listeners[0], region)
        for node in webs:
            running.enter_context(region.running(node, "web"))
        for node in workers:
            running.enter_context(region.running(node, "worker"))
        study = new_uid()
        sent = [
            thing(image(rows=128, columns=128, StudyInstanceUID=study, InstanceNumber=number, AccessionNumber=""))
            for number in (1, 2)
        ]
        statuses = [send(node, cast, one) for node, one in zip(listeners, sent, strict=True)]
        ada = [node.sign_in(cast.ada) for node in webs]
        at_once = [got(client, study) for client in ada]
        described = [
            wait_until(lambda client=client: two_of(client.get(f"/dicomweb/studies/{study}/metadata")), what="a header")
            for client in ada
        ]
        cases = wait_until(lambda: ada[1].get("/api/cases").json()["items"], what="a case")
        states = segments(region)

    assert statuses == [STORED, STORED]
    assert [all(one.dataset in answer.content for one in sent) for answer in at_once] == [True, True]
    assert described == [sorted(one.sop_instance for one in sent)] * 2
    assert len(cases) == 1
    assert sorted(states) == [("scp1", "open"), ("scp2", "open")]


@pytest.mark.timeout(240)
def test_a_node_that_dies_leaves_nothing_stuck(region: Region) -> None:
    gone, web = region.node("scp1"), region.node("web1")
    study = new_uid()
    sent = thing(image(rows=128, columns=128, StudyInstanceUID=study))
    with ExitStack() as running:
        listener = running.enter_context(region.running(gone, "scp"))
        cast = cast_of(gone, region)
        running.enter_context(region.running(web, "web"))
        ada = web.sign_in(cast.ada)
        status = send(gone, cast, sent)
        alive = got(ada, study).status_code
        listener.kill()
        away = got(ada, study).status_code
        adopted = web.admin("adopt", str(gone.data_dir / "spool"))
        shutil.rmtree(gone.data_dir / "spool")
        back = got(ada, study)
        again = send_to_another(region, cast, sent)

    assert (status, alive, away) == (STORED, 200, 503)
    assert (adopted["instances"], adopted["stored"], adopted["left"]) == (1, 1, 0)
    assert back.status_code == 200
    assert sent.dataset in back.content
    assert again == STORED
    assert ("scp1", "open") not in segments(region)


def test_a_node_with_other_keys_does_not_start(region: Region) -> None:
    first = region.node("scp1")
    with region.running(first, "scp"):
        pass
    strange = region.node("scp2", TIERREAD_KEYS_DIR=str(region.folder / "other-keys"))
    without = strange.run("serve", "--role", "worker")
    shutil.copytree(region.folder / "keys", region.folder / "other-keys", dirs_exist_ok=True)
    (region.folder / "other-keys" / "identifiers.hmac").write_bytes(bytes(32))
    with_another = strange.run("serve", "--role", "worker")

    assert (without.returncode, with_another.returncode) == (3, 3)
    assert "copy them there from another node" in without.stderr
    assert "identifiers.hmac" in with_another.stderr


def cast_of(node: TierRead, region: Region) -> Cast:
    """The people and devices; the node's folder of keys is the region's."""
    if not (node.data_dir / "keys" / "identifiers.hmac").exists():
        shutil.copytree(region.folder / "keys", node.data_dir / "keys", dirs_exist_ok=True)
    return node.cast()


def send(node: TierRead, cast: Cast, one: Object) -> int:
    address = ("127.0.0.1", node.dicom_port)
    with Sender(address=address, calling=cast.device, contexts=[(CT, [EXPLICIT_LITTLE])]) as sender:
        return sender.store(one)


def send_to_another(region: Region, cast: Cast, one: Object) -> int:
    """The device sends again what it had sent to the node that is gone."""
    with region.running(region.node("scp3"), "scp") as node:
        return send(node, cast, one)


def got(client: httpx.Client, study: str) -> httpx.Response:
    return client.get(f"/dicomweb/studies/{study}", headers=ACCEPT)


def two_of(answer: httpx.Response) -> Any:
    """The SOP Instance UIDs of a study once two headers are there."""
    found = answer.json() if answer.status_code == 200 else []
    return sorted(one["00080018"]["Value"][0] for one in found) if len(found) == 2 else None


def segments(region: Region) -> list[tuple[str, str]]:
    """Node and state of each segment."""
    engine = connect(region.database_url)
    try:
        with snapshot(engine) as tx:
            rows = tx.execute(sa.select(tables.segment.c.node, tables.segment.c.state))
            return [(row.node, row.state) for row in rows]
    finally:
        engine.dispose()
