"""A sender dies after 127 of 180: the ledger of a running installation names exactly the missing ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from pydicom.dataset import Dataset

from reading.completeness import announcements
from reading.completeness.announcements import Named
from storage.database import connect, transaction
from tests.builders import CT, image, new_uid, thing
from tests.running import Cast, TierRead, serving, wait_until
from tests.wire import EXPLICIT_LITTLE, Sender, pdu, pdv

ALL: Final = 180
SENT: Final = 127
# Sent by position, as a station does that sorts otherwise than its numbers: every third is left for the end.
ORDER: Final = [number for number in range(1, ALL + 1) if number % 3] + list(range(3, ALL + 1, 3))
LOST: Final = sorted(ORDER[SENT:])


@pytest.fixture(scope="module")
def tierread(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TierRead]:
    with serving(tmp_path_factory.mktemp("dies")) as running:
        yield running


@pytest.fixture(scope="module")
def cast(tierread: TierRead) -> Cast:
    return tierread.cast()


@pytest.mark.parametrize("how", ["named", "counted", "gaps", "manifest"])
def test_the_ledger_names_exactly_what_a_sender_took_with_it(tierread: TierRead, cast: Cast, how: str) -> None:
    made = study()
    uid = str(made[0].StudyInstanceUID)
    announce(tierread, cast, made, how)
    tang = tierread.sign_in(cast.tang)

    send_and_die(tierread, cast, made)

    account = wait_until(lambda: settled(tang, uid), what="the end of arriving")
    named = [number for run in account["missing"] for number in range(run["first"], run["last"] + 1)]
    seems = [number for run in account["seems_missing"] for number in range(run["first"], run["last"] + 1)]
    assert account["arrived"] == SENT
    assert {run["series"] for run in [*account["missing"], *account["seems_missing"]]} == {4}
    if how == "gaps":
        # Nobody announced anything: gaps hint at what lies below the highest number that came.
        assert (named, account["complete"]) == ([], True)
        assert seems == [number for number in LOST if number < max(ORDER[:SENT])]
    else:
        assert (named, account["complete"]) == (LOST, False)
        assert account["missing_unnamed"] == 0
        assert account["ends"][-1]["missing_count"] == ALL - SENT
        assert "序列 4 图像 24" in account["sentence"]


def test_a_manifest_needs_a_token_and_uids_that_are_some(tierread: TierRead, cast: Cast) -> None:
    body = {"study_uid": new_uid(), "series": [{"series_uid": new_uid(), "instances": [new_uid()]}]}
    twice = {**body, "series": [{"series_uid": new_uid(), "instances": ["1.2.3", "1.2.3"]}]}
    machine = tierread.machine(cast.other_device)

    assert tierread.client().post("/api/manifests", json=body).status_code == 401
    assert tierread.sign_in(cast.tang).post("/api/manifests", json=body).status_code == 401
    assert machine.post("/api/manifests", json=body).json() == {"instances": 1}
    assert machine.post("/api/manifests", json={**body, "study_uid": "not-a-uid"}).status_code == 422
    assert machine.post("/api/manifests", json={**body, "series": []}).status_code == 422
    assert machine.post("/api/manifests", json=twice).json()["problem"] == "twice"


def study() -> Sequence[Dataset]:
    """180 slices of one series, in the order in which they are announced: by number."""
    study_uid, series_uid = new_uid(), new_uid()
    return [
        image(
            StudyInstanceUID=study_uid,
            SeriesInstanceUID=series_uid,
            SeriesNumber=4,
            InstanceNumber=number,
            PatientID=study_uid[-12:],
        )
        for number in range(1, ALL + 1)
    ]


def announce(tierread: TierRead, cast: Cast, made: Sequence[Dataset], how: str) -> None:
    uid, series_uid = str(made[0].StudyInstanceUID), str(made[0].SeriesInstanceUID)
    instances = [str(one.SOPInstanceUID) for one in made]
    if how == "manifest":
        body = {"study_uid": uid, "series": [{"series_uid": series_uid, "instances": instances}]}
        machine = tierread.machine(cast.device)
        for _ in range(2):
            assert machine.post("/api/manifests", json=body).json() == {"instances": ALL}
        return
    engine = connect(tierread.database_url)
    try:
        with transaction(engine) as tx:
            if how == "named":
                names = [Named(series_uid=series_uid, sop_instance_uid=one) for one in instances]
                announcements.announce_named(tx, uid, "mpps", names, datetime.now(UTC), device_id=cast.device_id)
            if how == "counted":
                announcements.announce(tx, uid, "order", ALL, datetime.now(UTC))
    finally:
        engine.dispose()


def send_and_die(tierread: TierRead, cast: Cast, made: Sequence[Dataset]) -> None:
    """127 are acknowledged, the next breaks off in the middle of its pixels."""
    sender = Sender(
        address=("127.0.0.1", tierread.dicom_port),
        contexts=[(CT, [EXPLICIT_LITTLE])],
        calling=cast.device,
        called=tierread.ae_title,
    )
    sender.connect()
    sender.associate()
    for number in ORDER[:SENT]:
        assert sender.store(thing(made[number - 1])) == 0
    last = thing(made[ORDER[SENT] - 1])
    sender.send(pdu(4, pdv(sender.context_for(last), 3, sender.store_command(last))))
    sender.send_data(last.dataset[: len(last.dataset) // 2], context=sender.context_for(last), finish=False)
    sender.close()


def settled(client: Any, study_uid: str) -> Any:
    """The account of a study's case once it arrives no more."""
    for case in client.get("/api/cases").json()["items"]:
        if case["studies"][0]["study_uid"] == study_uid and not case["arriving"]:
            return client.get(f"/api/cases/{case['id']}/completeness").json()
    return None
