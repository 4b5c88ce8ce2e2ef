"""Four mammograms hang back to back, whichever way each of them was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from pydicom.dataset import Dataset

from tests.builders import image, new_uid
from tests.pictures import desk
from tests.running import wait_until

MG: Final = "1.2.840.10008.5.1.4.1.1.1.2"
STUDY: Final = new_uid()
CELLS: Final = """() => [...document.querySelectorAll('tierread-cell')].map(cell => {
  const canvas = cell.querySelector('canvas')
  const grey = at => canvas?.getContext('2d').getImageData(canvas.width / 2 + at * canvas.height / 4,
    canvas.height / 2, 1, 1).data[0]
  const said = tag => cell.pictures[0]?.metadata[tag].Value[0]
  const wall = grey(-1) > grey(1) ? 'left' : 'right'
  return cell.view.quality === 'full' ? [said('00200062'), said('00185101'), wall] : []
})"""


def mammogram(side: str, view: str, *faces: str) -> Dataset:
    """One whose breast, which is bright, lies at the chest wall: left in the file where rows lead to the front."""
    shown: dict[str, Any] = {
        "ImageLaterality": side,
        "ViewPosition": view,
        "PatientOrientation": list(faces),
        "SOPClassUID": MG,
    }
    one = image(
        rows=64, columns=48, StudyInstanceUID=STUDY, Modality="MG", WindowCenter=2048, WindowWidth=4096, **shown
    )
    pixels = np.full((64, 48), 400, "<u2")
    pixels[:, slice(0, 24) if faces[0] == "A" else slice(24, 48)] = 3500
    one.PixelData = pixels.tobytes()
    return one


@pytest.mark.parametrize("way", list(desk.WAYS))
def test_chest_walls_meet_in_the_middle(way: str, sqlite_template: Path, tmp_path: Path) -> None:
    as_they_came = [("L", "MLO", "A", "FR"), ("R", "MLO", "A", "FL"), ("L", "CC", "P", "R"), ("R", "CC", "P", "L")]
    laid = [mammogram(*one) for one in as_they_came]
    with desk.holding(laid, sqlite_template, tmp_path, way) as page:
        page.evaluate(
            "() => Object.assign(document.querySelector('tierread-images').style, { position: 'fixed', inset: 0 })"
        )
        hung = [["R", "CC", "right"], ["L", "CC", "left"], ["R", "MLO", "right"], ["L", "MLO", "left"]]
        wait_until(lambda: page.evaluate(CELLS) == hung, 40, "chest walls in the middle")
