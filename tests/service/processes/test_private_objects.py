"""A manufacturer's own class and transfer syntax are taken where a setting names them, and only there."""

from __future__ import annotations

from pathlib import Path

from pacs.arriving.outcome import STATUS, Reason
from tests.builders import encoded, image
from tests.running import serving
from tests.wire import Object, Sender

CLASS = "1.2.840.113619.4.26"
UNNAMED = "1.2.840.113619.4.27"
SYNTAX = "1.2.840.113619.5.2"


def test_what_a_setting_names_is_taken(tmp_path: Path) -> None:
    dataset = image(SOPClassUID=CLASS)
    ours = Object(
        transfer_syntax=SYNTAX, sop_class=CLASS, sop_instance=str(dataset.SOPInstanceUID), dataset=encoded(dataset)
    )
    named = {"TIERREAD_PRIVATE_SOP_CLASSES": CLASS, "TIERREAD_PRIVATE_TRANSFER_SYNTAXES": SYNTAX}

    with serving(tmp_path, settings=named) as tierread:
        cast = tierread.cast()
        contexts = [(CLASS, [SYNTAX]), (UNNAMED, [SYNTAX])]
        address = ("127.0.0.1", tierread.dicom_port)
        with Sender(address=address, contexts=contexts, calling=cast.device) as sender:
            status = sender.store(ours)

    assert status == STATUS[Reason.STORED]
    assert list(sender.accepted.values()) == [(CLASS, SYNTAX)]
