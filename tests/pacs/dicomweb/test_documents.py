"""An encapsulated PDF is rendered as itself (PS3.18 10.4.1.1.3)."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from tests.builders import image
from tests.dicomweb import Web
from tests.pacs.objects import of_kind

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"


def encapsulated(content: bytes, length: int | None = None) -> Dataset:
    made = of_kind("encapsulated PDF", image())
    made.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    made["EncapsulatedDocument"].VR = "OB"
    if length is not None:
        made.EncapsulatedDocumentLength = length
    return made


def test_the_pdf_goes_out_as_it_was_encapsulated(web: Web) -> None:
    path = web.send(encapsulated(PDF, len(PDF)))
    answer = web.ada.get(f"{path}/rendered", headers={"Accept": "text/html,*/*;q=0.8"})

    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="document.pdf"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = web.ada.get(f"{path}/rendered", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert (path.split("/")[2], "rendered") in web.looks


@pytest.mark.parametrize("content", [b"<html><script>", b""])
def test_what_is_no_pdf_is_not_sent_as_one(web: Web, content: bytes) -> None:
    path = web.send(encapsulated(content))

    assert web.ada.get(f"{path}/rendered").status_code == 406


def test_a_pdf_is_no_picture(web: Web) -> None:
    path = web.send(encapsulated(PDF))

    assert web.ada.get(f"{path}/rendered", headers={"Accept": "image/png"}).status_code == 406
    assert web.quinn.get(f"{path}/rendered").status_code == 404
