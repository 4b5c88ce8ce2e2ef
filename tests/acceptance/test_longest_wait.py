"""While several devices send and people work, `/metrics` says how long the listener waited for the database at most."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from storage.database import LOCK_SECONDS
from tests.builders import CT, image, new_uid, thing
from tests.running import TierRead, serving, wait_until
from tests.wire import EXPLICIT_LITTLE, Sender

DEVICES: Final = 3
IMAGES: Final = 25


def send(tierread: TierRead, calling: str, number: int) -> list[int]:
    named = {"StudyInstanceUID": new_uid(), "SeriesInstanceUID": new_uid(), "PatientID": f"W{number}"}
    address = ("127.0.0.1", tierread.dicom_port)
    with Sender(
        address=address, calling=calling, called=tierread.ae_title, contexts=[(CT, [EXPLICIT_LITTLE])]
    ) as sender:
        return [sender.store(thing(image(rows=64, columns=64, InstanceNumber=each, **named))) for each in range(IMAGES)]


def figure(metrics: str, name: str) -> float:
    found = re.search(rf'^{name}{{role="scp"}} (\S+)$', metrics, re.MULTILINE)
    assert found is not None, metrics
    return float(found[1])


def test_the_longest_wait_of_the_listener_is_measured_under_load(tmp_path: Path) -> None:
    with serving(tmp_path) as tierread:
        cast = tierread.cast()
        with ThreadPoolExecutor(DEVICES) as pool:
            sending = [pool.submit(send, tierread, cast.device, number) for number in range(DEVICES)]
            person = tierread.sign_in(cast.tang)  # a session is written, and the worker opens cases
            statuses = [status for each in sending for status in each.result()]
        wait_until(lambda: person.get("/api/cases").json()["total"] == DEVICES, what="cases")
        metrics = person.get("/metrics").text

    longest = figure(metrics, "tierread_longest_write_wait_seconds")
    waits = figure(metrics, "tierread_write_wait_seconds_count")
    assert statuses == [0] * DEVICES * IMAGES
    assert waits > DEVICES
    assert 0 < longest < LOCK_SECONDS
    assert longest <= figure(metrics, "tierread_write_wait_seconds_sum")
