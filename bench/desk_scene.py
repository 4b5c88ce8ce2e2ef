"""An installation with the studies that the desk's benchmarks open: a radiograph, a CT, and cases to go through."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydicom.dataset import Dataset

from bench.servers import SHIPPED
from service.demo import ct, radiographs
from service.demo.radiographs import Chest
from tests.builders import CT, DX, image, new_uid, thing
from tests.running import Cast, TierRead, wait_until
from tests.wire import EXPLICIT_LITTLE, Sender

SLICES: Final = 300
RADIOGRAPHS: Final = 3
CASES: Final = 20
SLICES_OF_A_CASE: Final = 100


@dataclass(frozen=True, kw_only=True)
class Region:
    """An installation with studies that wait to be read."""

    tierread: TierRead
    cast: Cast
    radiographs: Sequence[str]
    """Case ids."""
    tomography: str
    many: Sequence[str]
    slices: Sequence[str]
    """Instances of the tomography, from one end to the other."""


def _study(modality: str, sop_class: str, pixels: Sequence[np.ndarray], **known: Any) -> list[Dataset]:
    study, series = new_uid(), new_uid()
    rows, columns = pixels[0].shape
    made: list[Dataset] = []
    for number, each in enumerate(pixels, 1):
        one = image(
            rows=rows,
            columns=columns,
            Modality=modality,
            SOPClassUID=sop_class,
            StudyInstanceUID=study,
            SeriesInstanceUID=series,
            InstanceNumber=number,
            PatientName="Pi^Ya=皮亚",
            PatientBirthDate="19800506",
            AccessionNumber=None,
            BodyPartExamined="ABDOMEN",
            SeriesDescription="A",
            StudyDescription="A",
            **known,
        )
        one.PixelData = each.astype("<u2").tobytes()
        made.append(one)
    return made


@contextmanager
def region(folder: Path, *, cases: int, slices: int = SLICES) -> Generator[Region]:
    ours = TierRead(folder, settings=SHIPPED, cold=True)
    with ExitStack() as stack:
        stack.callback(ours.close)
        ours.start()
        cast = ours.cast()
        grey = {"WindowCenter": 1064, "WindowWidth": 400}
        film = [np.asarray(radiographs.chest(Chest(seed=1)), np.uint16)]
        body = list(islice(chain(ct.slices(3, nodule=True), ct.slices(4, nodule=False)), slices))
        films = [_study("DX", DX, film, WindowCenter=2048, WindowWidth=4096) for _ in range(RADIOGRAPHS)]
        tomography = _study("CT", CT, body, **grey)
        many = [_study("CT", CT, body[:SLICES_OF_A_CASE], **grey) for _ in range(cases)]
        for each in (*films, tomography, *many):
            _send(ours, cast, each)
        reader = ours.sign_in(cast.ada)
        ids = [_case_of(reader, str(each[0].StudyInstanceUID)) for each in (*films, tomography, *many)]
        yield Region(
            tierread=ours,
            cast=cast,
            radiographs=ids[:RADIOGRAPHS],
            tomography=ids[RADIOGRAPHS],
            many=ids[RADIOGRAPHS + 1 :],
            slices=[str(one.SOPInstanceUID) for one in tomography],
        )


def _send(ours: TierRead, cast: Cast, images: Sequence[Dataset]) -> None:
    contexts = [(str(images[0].SOPClassUID), [EXPLICIT_LITTLE])]
    address = ("127.0.0.1", ours.dicom_port)
    with Sender(address=address, contexts=contexts, calling=cast.device, called=ours.ae_title) as sender:
        for one in images:
            assert sender.store(thing(one)) == 0


def _case_of(reader: Any, study_uid: str) -> str:
    def found() -> str:
        page = reader.get("/api/cases", params={"size": 100}).json()
        return next((one["id"] for one in page["items"] if one["studies"][0]["study_uid"] == study_uid), "")

    return wait_until(found)
