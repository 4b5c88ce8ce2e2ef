"""A CT asks before it deletes: the bucket is away and everything is killed in between, and it hears the truth."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.builders import CT, image, new_uid, thing
from tests.modality import Modality, Pair, ask
from tests.postgresql import Cluster
from tests.running import TierRead, serving, wait_until
from tests.seaweedfs import SeaweedFS
from tests.wire import EXPLICIT_LITTLE, Sender

TITLE = "CT_TOWN"
SETTINGS = {"TIERREAD_COMMITMENT_STRAGGLER_SECONDS": "2", "TIERREAD_SEGMENT_IDLE_SECONDS": "600"}


def store(tierread: TierRead, calling: str = TITLE, *, count: int = 3) -> list[Pair]:
    study, series = new_uid(), new_uid()
    things = [
        thing(image(rows=64, columns=64, StudyInstanceUID=study, SeriesInstanceUID=series, InstanceNumber=number))
        for number in range(count)
    ]
    with Sender(
        address=("127.0.0.1", tierread.dicom_port), calling=calling, contexts=[(CT, [EXPLICIT_LITTLE])]
    ) as sender:
        assert {sender.store(one) for one in things} == {0}
    return [(one.sop_class, one.sop_instance) for one in things]


@pytest.mark.timeout(240)
def test_a_device_hears_of_what_is_in_the_bucket_whatever_happens_meanwhile(
    tmp_path: Path, cluster: Cluster, s3: SeaweedFS
) -> None:
    database_url = cluster.new_database()
    settings = {**s3.settings("commitment"), **SETTINGS}
    modality = Modality(title=TITLE)
    with (
        modality.listening() as port,
        serving(tmp_path / "house", database_url=database_url, settings=settings) as tierread,
    ):
        cast = tierread.cast()
        tierread.admin("device", "add", TITLE, "--host", "127.0.0.1", "--port", str(port), "--site", "TOWN")
        address = ("127.0.0.1", tierread.dicom_port)

        ours = store(tierread)
        began = time.monotonic()
        with modality.associated(address) as association:
            assert ask(association, "1.2.826.1", ours) == 0
            wait_until(lambda: modality.heard, 60, "a report where it asked")
        seconds = time.monotonic() - began
        where_it_asked = modality.heard.pop()

        theirs = store(tierread, cast.other_device)
        s3.stop()
        late = store(tierread)
        never = (CT, new_uid())
        with modality.associated(address) as association:
            assert ask(association, "1.2.826.2", [*ours, *late, *theirs, never]) == 0
        time.sleep(3)
        too_early = len(modality.heard)
        tierread.kill()
        tierread.start()
        s3.start()
        wait_until(lambda: modality.heard, 60, "a call")
        called = modality.heard.pop()
        answers = tierread.admin("device", "list")
        tierread.stop()
    cluster.drop(database_url)

    print(f"told after {seconds:.1f} s, of which the segment would have stayed open for 600 s")
    assert (where_it_asked.event_type, where_it_asked.called) == (1, False)
    assert where_it_asked.committed == [uid for _, uid in ours]
    assert too_early == 0
    assert (called.event_type, called.called, called.their_role_accepted) == (2, True, True)
    assert called.committed == [uid for _, uid in [*ours, *late]]
    assert called.failed == dict.fromkeys([uid for _, uid in [*theirs, never]], 0x0112)
    assert [one["commitments"] for one in answers] == [None] * len(answers)
