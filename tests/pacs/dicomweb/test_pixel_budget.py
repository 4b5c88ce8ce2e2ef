"""Huge pictures are refused or wait their turn; usual ones are answered meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydicom.dataset import Dataset

from pacs.pixels.memory import MEMORY
from tests.builders import compressed, image, new_uid
from tests.dicomweb import Web

RLE = "1.2.840.10008.1.2.5"
NATIVE = 'application/octet-stream; transfer-syntax="1.2.840.10008.1.2.1"'
WHOLE = 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.1'


@pytest.fixture(autouse=True)
def little_memory() -> Iterator[None]:
    """As if the process had 8 MiB for pixels."""
    before = MEMORY.most_for_one * 4 // 3
    MEMORY.limit(8 << 20)
    yield
    MEMORY.limit(before)


def huge() -> Dataset:
    """Some kilobytes that decode to 4 MB."""
    made = image(rows=2048, columns=1024)
    made.PixelData = bytes(4 << 20)
    return compressed(made, RLE)


@pytest.mark.parametrize(
    ("below", "accept"),
    [("/thumbnail", "image/jpeg"), ("/rendered", "image/png"), ("/frames/1", NATIVE), ("", WHOLE)],
)
def test_what_no_memory_is_given_for_is_answered_with_413(web: Web, below: str, accept: str) -> None:
    path = web.send(huge(), syntax=RLE)

    answer = web.ada.get(f"{path}{below}", headers={"Accept": accept})

    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
    assert MEMORY.held == 0


def test_who_finds_the_memory_in_use_is_told_when_to_ask_again(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    made = image(rows=512, columns=1024)
    made.PixelData = bytes(1 << 20)
    path, small = web.send(compressed(made, RLE), syntax=RLE), web.send(image(SOPInstanceUID=new_uid()))
    monkeypatch.setattr(MEMORY, "_wait_seconds", 0)

    with MEMORY.hold(6 << 20):
        refused = web.ada.get(f"{path}/thumbnail")
        usual = web.ada.get(f"{small}/thumbnail")
    again = web.ada.get(f"{path}/thumbnail")

    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/busy")
    assert int(refused.headers["Retry-After"]) > 0
    assert (usual.status_code, again.status_code) == (200, 200)


def test_more_frames_than_one_body_may_have_are_refused(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pacs.dicomweb.frames.MOST_BODY_BYTES", 300)
    path = web.send(image(frames=4))

    assert web.ada.get(f"{path}/frames/1,2").status_code == 200
    assert web.ada.get(f"{path}/frames/1,2,3").status_code == 413
