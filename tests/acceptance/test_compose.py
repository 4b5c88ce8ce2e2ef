"""docker-compose.yml without docker: its very commands as processes, with a real PostgreSQL, SeaweedFS and HAProxy."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import sqlalchemy as sa

from storage import tables
from storage.database import connect, snapshot
from tests import seaweedfs
from tests.builders import CT, image, new_uid, thing
from tests.compose import OURS, Composed, composed
from tests.conftest import missing, need_tool
from tests.postgresql import Cluster
from tests.running import Cast, TierRead, wait_until
from tests.wire import EXPLICIT_LITTLE, Aborted, HungUp, Object, Sender

STORED: Final = 0x0000
ACCEPT: Final = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}


@pytest.mark.timeout(300)
def test_two_of_each_behind_one_proxy(tmp_path: Path, cluster: Cluster) -> None:
    weed = seaweedfs.program()
    if weed is None:
        missing("weed")
    assert weed is not None
    haproxy = need_tool("haproxy")
    database_url = cluster.new_database()
    with composed(tmp_path, database_url) as region:
        region.start_seaweedfs(weed)
        region.run("prepare")
        for name in OURS:
            if name != "prepare":
                region.start(name)
        region.start_proxy(haproxy)
        for name in OURS:
            if name != "prepare":
                wait_until(lambda name=name: region.is_healthy(name), what=f"{name}: {name}")
        administrator = (tmp_path / "volumes" / "worker1" / "first-administrator.txt").exists()
        cast = cast_of(region, database_url)

        first: list[tuple[str, Object]] = []

        def both_have_received() -> bool:
            first.append(send(region, cast))
            return nodes_of(database_url) == {"scp1", "scp2"}

        wait_until(both_have_received, what="a picture at each listener")
        readers = [sign_in(region.port(name, 8080), cast) for name in ("web1", "web2")]
        https = sign_in(region.port("proxy", 8443), cast, https=True)
        read = [reads(reader, *one) for one in first for reader in [*readers, https]]
        hidden = https.get("/metrics").status_code
        moved = httpx.get(f"http://127.0.0.1:{region.port('proxy', 8080)}/t", trust_env=False)

        region.kill("scp1")
        region.kill("worker1")
        second = [send(region, cast) for _ in range(3)]
        read += [reads(reader, *one) for one in second for reader in [*readers, https]]
        wait_until(lambda: stored_of(database_url, "scp2") > 0, what="a segment of the listener that is left, stored")
        noise = [line for name in ("scp1", "scp2") for line in region.log(name).splitlines() if '"warning"' in line]
        for reader in (*readers, https):
            reader.close()
        codes = region.stop()
    cluster.drop(database_url)

    assert administrator
    assert all(read)
    assert hidden == 403
    assert (moved.status_code, moved.headers["location"][:8]) == (301, "https://")
    assert noise == []
    assert {name: code for name, code in codes.items() if code and name in OURS} == {}


def cast_of(region: Composed, database_url: str) -> Cast:
    made = TierRead(region.folder / "cast", database_url=database_url)
    shutil.copytree(region.folder / "volumes" / "keys", made.data_dir / "keys")
    return made.cast()


def send(region: Composed, cast: Cast) -> tuple[str, Object]:
    """A study of its own, through the proxy; again where the connection goes to a listener that has just died."""
    study = new_uid()
    one = thing(image(rows=64, columns=64, StudyInstanceUID=study))
    address = ("127.0.0.1", region.port("proxy", 11112))

    def stored() -> bool:
        try:
            with Sender(
                address=address, calling=cast.device, called="TIERREAD", contexts=[(CT, [EXPLICIT_LITTLE])]
            ) as sender:
                return sender.store(one) == STORED
        except (Aborted, HungUp, OSError):
            return False

    wait_until(stored, what="a listener")
    return study, one


def sign_in(port: int, cast: Cast, *, https: bool = False) -> httpx.Client:
    """The certificate of the secrets is trusted by nobody, as in a browser; that it is spoken is what counts."""
    scheme = "https" if https else "http"
    client = httpx.Client(base_url=f"{scheme}://127.0.0.1:{port}", verify=False, trust_env=False, timeout=30)  # noqa: S501
    answer = client.post("/api/session", json={"username": cast.ada.username, "password": cast.ada.password})
    assert answer.status_code in (200, 201), answer.text
    return client


def reads(client: httpx.Client, study: str, one: Object) -> bool:
    """Whether the study is had, byte for byte, once its case is made."""
    answer: Any = wait_until(
        lambda: (got := client.get(f"/dicomweb/studies/{study}", headers=ACCEPT)).status_code == 200 and got,
        60,
        "a study that can be read",
    )
    return one.dataset in answer.content


def nodes_of(database_url: str) -> set[str]:
    return {node for node, _ in _segments(database_url)}


def stored_of(database_url: str, node: str) -> int:
    return _segments(database_url).count((node, "stored"))


def _segments(database_url: str) -> list[tuple[str, str]]:
    engine = connect(database_url)
    try:
        with snapshot(engine) as tx:
            rows = tx.execute(sa.select(tables.segment.c.node, tables.segment.c.state))
            return [(row.node, row.state) for row in rows]
    finally:
        engine.dispose()
