"""The server's picture, the desk's by WebGL and on the processor, and the one by the clauses are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests import corpus
from tests.pictures import gallery
from tests.pictures.comparison import Compared, Sent

KNOWN: Final[dict[str, str]] = {}
"""Objects whose pictures are apart, with the reason; docs/pictures.md has them too."""
RENDERED: Final = frozenset(
    (
        "VOI table", "VOI table from -1024 in SS", "VOI table from 0 in US", "VOI table from 64512 in US",
        "modality table", "supplemental palette", "segmented palette", "RGB with a profile", "single bits", "32 bits",
        "floating point", "palette of 16 bits", "YBR_FULL in HTJ2K", "RGB of 16 bits",
    )
)  # fmt: skip
"""Objects for which the desk takes the server's rendering, and says so."""
SELECTED: Final = (
    "ct/pydicom_CT_small.dcm",
    "mr/pydicom_MR_small_RLE.dcm",
    "pet/dicom_1.dcm",
    "seg/highdicom_seg_image_ct_binary_single_frame.dcm",
    "ts/cornerstone3D_TestPattern_JPEG-LS-Lossless.dcm",
    "ts/cornerstone3D_TestPattern_Palette_16.dcm",
)
"""Files of the corpus that the suite compares; `make pictures` compares all."""


def said(found: Compared) -> str:
    return f"{found.name}: {found.differs} {found.missing}"


@pytest.fixture
def things() -> list[Sent]:
    return gallery.generated() + (gallery.of_corpus(SELECTED) if corpus.locate() else [])


@pytest.mark.timeout(180)
def test_every_object_looks_the_same_everywhere(things: list[Sent], sqlite_template: Path, tmp_path: Path) -> None:
    found = list(gallery.compared(things, sqlite_template, tmp_path))
    apart = [said(one) for one in found if one.name not in KNOWN and (one.differs or one.missing)]

    assert apart == []
    assert {one.name for one in found if one.from_server} >= RENDERED
    assert sum(one.compared for one in found) >= 6 * (len(found) - len(KNOWN))
