"""What was refused is received once more, with its head or without, and is not kept twice when it is refused again."""

from __future__ import annotations

from pathlib import Path

import pytest

from pacs.arriving.outcome import Reason
from pacs.arriving.receive_again import receive_again
from pacs.dataset import part10
from reading.quality.kinds import Kind
from storage.instance_row import Provenance
from tests.archive import TOWNSHIP, Archive
from tests.builders import image, thing
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE

ACCEPTED = {Reason.STORED, Reason.ALREADY_HERE, Reason.HELD}
NEVER_KEPT = {Reason.OUT_OF_RESOURCES, Reason.FAILED, Reason.ERASED, Reason.NO_RIGHT}


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
@pytest.mark.parametrize("with_head", [True, False])
def test_what_can_be_read_by_now_is_stored_as_it_came(syntax: str, with_head: bool, small_archive: Archive) -> None:
    sent = thing(image(), syntax)
    head = part10.head(sop_class_uid=sent.sop_class, sop_instance_uid=sent.sop_instance, transfer_syntax_uid=syntax)
    came = Provenance(
        site_id=TOWNSHIP.site_id,
        device_id=TOWNSHIP.device_id,
        received_at=small_archive.receiver.clock(),
        source="dimse",
    )
    small_archive.spool.quarantine(
        Reason.UNREADABLE, [head if with_head else b"", sent.dataset], provenance=came, transfer_syntax_uid=syntax
    )
    (kept,) = small_archive.quarantined()

    outcome = receive_again(small_archive.receiver, TOWNSHIP, small_archive.directory / str(kept["key"]), syntax)

    (row,) = small_archive.instances()
    assert outcome.reason is Reason.STORED
    assert small_archive.stored(row) == sent.dataset


def test_what_is_refused_again_is_not_kept_twice(small_archive: Archive) -> None:
    sent = thing(image(StudyInstanceUID=None))
    small_archive.take(sent)
    (kept,) = small_archive.quarantined()
    path = small_archive.directory / str(kept["key"])

    outcome = receive_again(small_archive.receiver, TOWNSHIP, path, sent.transfer_syntax)

    assert outcome.reason is Reason.NO_UIDS
    assert len(small_archive.quarantined()) == 1
    with pytest.raises(FileNotFoundError):
        receive_again(small_archive.receiver, TOWNSHIP, Path("/nowhere/at/all"), sent.transfer_syntax)


def test_every_reason_of_a_refusal_is_a_kind_that_people_know() -> None:
    assert {str(reason) for reason in set(Reason) - ACCEPTED - NEVER_KEPT} <= {str(kind) for kind in Kind}
