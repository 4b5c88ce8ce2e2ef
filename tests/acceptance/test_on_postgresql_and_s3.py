"""An installation on PostgreSQL and a bucket: what a device sent comes back from the bucket byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import tables
from storage.database import connect, snapshot
from tests.builders import CT, image, new_uid, thing
from tests.postgresql import Cluster
from tests.running import TierRead, serving, wait_until
from tests.seaweedfs import BUCKET, SeaweedFS
from tests.wire import EXPLICIT_LITTLE, Sender

STORED = 0x0000


@pytest.mark.timeout(120)
def test_what_a_device_sent_is_read_from_the_bucket(tmp_path: Path, cluster: Cluster, s3: SeaweedFS) -> None:
    study = new_uid()
    sent = thing(image(rows=256, columns=256, StudyInstanceUID=study))
    database_url = cluster.new_database()
    with serving(tmp_path / "house", database_url=database_url, settings=s3.settings("county")) as tierread:
        cast = tierread.cast()
        with Sender(
            address=("127.0.0.1", tierread.dicom_port), calling=cast.device, contexts=[(CT, [EXPLICIT_LITTLE])]
        ) as sender:
            status = sender.store(sent)
        wait_until(lambda: _states(tierread) == ["stored"], what="a stored segment")
        stored = [
            str(one.object_name) for one in s3.client.list_objects(BUCKET, prefix="county/segments/", recursive=True)
        ]
        copies = list((tierread.data_dir / "spool").glob("segments/*/*.tar"))
        for copy in copies:  # as the worker does ten minutes later
            copy.unlink()
        ada = tierread.sign_in(cast.ada)
        accept = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
        url = f"/dicomweb/studies/{study}"
        answer = wait_until(lambda: (got := ada.get(url, headers=accept)).status_code == 200 and got, what="a case")
        s3.stop()
        try:
            away = ada.get(url, headers=accept).status_code
        finally:
            s3.start()
        back = ada.get(url, headers=accept).status_code
    cluster.drop(database_url)

    assert (status, len(stored), len(copies)) == (STORED, 1, 1)
    assert stored[0].removeprefix("county/") == str(copies[0].relative_to(tmp_path / "house" / "data" / "spool"))
    assert sent.dataset in answer.content
    assert (away, back) == (503, 200)


def _states(tierread: TierRead) -> list[str]:
    engine = connect(tierread.database_url)
    try:
        with snapshot(engine) as tx:
            return list(tx.execute(sa.select(tables.segment.c.state)).scalars())
    finally:
        engine.dispose()
