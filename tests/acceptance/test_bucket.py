"""A bucket as object store: what is read while it is there and while it is not, and the move from a folder to it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import sqlalchemy as sa

from storage import tables
from storage.database import connect, snapshot
from tests.builders import CT, image, new_uid, thing
from tests.postgresql import Cluster
from tests.running import Cast, TierRead, serving, wait_until
from tests.seaweedfs import BUCKET, SeaweedFS
from tests.wire import EXPLICIT_LITTLE, Object, Sender

STORED: Final = 0x0000
ACCEPT: Final = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}


@pytest.fixture
def database_url(cluster: Cluster) -> Iterator[str]:
    url = cluster.new_database()
    yield url
    cluster.drop(url)


@pytest.mark.timeout(180)
def test_a_bucket_that_is_away_costs_what_only_it_has(tmp_path: Path, database_url: str, s3: SeaweedFS) -> None:
    with serving(tmp_path / "house", database_url=database_url, settings=s3.settings("away")) as tierread:
        cast = tierread.cast()
        study, sent = send(tierread, cast)
        wait_until(lambda: states(database_url) == ["stored"], what="a stored segment")
        there = [
            str(one.object_name) for one in s3.client.list_objects(BUCKET, prefix="away/segments/", recursive=True)
        ]
        given_up = forget_the_spool(tierread)
        ada = tierread.sign_in(cast.ada)
        ready = wait_until(lambda: (got := read(ada, study)).status_code == 200 and got, what="a case")
        cache = tierread.data_dir / "cache" / "segments"
        s3.stop()
        try:
            cached = read(ada, study)
            shutil.rmtree(cache)
            away = read(ada, study).status_code
            _, meanwhile = send(tierread, cast)  # is acknowledged, and waits
            wait_until(lambda: sorted(states(database_url)) == ["sealed", "stored"], what="a segment that waits")
            parts = tierread.client().get("/readyz").json()["parts"]
            metrics = tierread.client().get("/metrics").text
        finally:
            s3.start()
        back = read(ada, study)
        wait_until(lambda: states(database_url) == ["stored"] * 2, what="what waited to be stored")

    assert [name.removeprefix("away/") for name in there] == given_up
    assert sent.dataset in ready.content
    assert sent.dataset in cached.content
    assert (away, back.status_code) == (503, 200)
    assert meanwhile is not sent
    assert parts["object_store"] == "ok"  # not yet for five minutes
    assert 'tierread_cache_blocks_total{use="hit"}' in metrics
    assert float(metrics.split('tierread_unstored_bytes{state="sealed"} ')[1].split()[0]) > len(meanwhile.dataset)


@pytest.mark.timeout(180)
def test_an_installation_moves_from_a_folder_to_a_bucket(tmp_path: Path, database_url: str, s3: SeaweedFS) -> None:
    tierread = TierRead(tmp_path / "house", database_url=database_url)
    try:
        tierread.start()
        cast = tierread.cast()
        study, sent = send(tierread, cast)
        wait_until(lambda: states(database_url) == ["stored"], what="a stored segment")
        forget_the_spool(tierread)
        tierread.stop()
        objects = tierread.data_dir / "objects"
        for path in objects.rglob("*"):  # as docs/operations.md has any S3 program do
            if path.is_file() and not path.name.startswith("."):
                s3.client.fput_object(BUCKET, f"moved/{path.relative_to(objects)}", str(path))
        objects.rename(tmp_path / "put-aside")
        tierread.environ |= s3.settings("moved")
        tierread.start()
        ada = tierread.sign_in(cast.ada)
        answer = wait_until(lambda: (got := read(ada, study)).status_code == 200 and got, what="a case")
        verified = tierread.run("verify", "--json")
    finally:
        tierread.close()

    assert sent.dataset in answer.content
    assert verified.returncode == 0, verified.stderr
    assert json.loads(verified.stdout)["instances"] == 1


def send(tierread: TierRead, cast: Cast) -> tuple[str, Object]:
    """A study of one picture."""
    study = new_uid()
    one = thing(image(rows=256, columns=256, StudyInstanceUID=study))
    address = ("127.0.0.1", tierread.dicom_port)
    with Sender(address=address, calling=cast.device, contexts=[(CT, [EXPLICIT_LITTLE])]) as sender:
        assert sender.store(one) == STORED
    return study, one


def read(client: httpx.Client, study: str) -> httpx.Response:
    return client.get(f"/dicomweb/studies/{study}", headers=ACCEPT)


def forget_the_spool(tierread: TierRead) -> list[str]:
    """What the worker does ten minutes after a segment was stored; the keys."""
    copies = list((tierread.data_dir / "spool").glob("segments/*/*.tar"))
    for copy in copies:
        copy.unlink()
    return [str(copy.relative_to(tierread.data_dir / "spool")) for copy in copies]


def states(database_url: str) -> list[Any]:
    engine = connect(database_url)
    try:
        with snapshot(engine) as tx:
            return list(tx.execute(sa.select(tables.segment.c.state)).scalars())
    finally:
        engine.dispose()
