"""Keeps an object that we wrote: bytes in a segment, flushed, then the row, as everything that is received."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pacs.arriving.dataset_check import checked
from pacs.authoring.document import Written
from pacs.dataset import part10
from pacs.dataset.index_header import instance_row
from pacs.dataset.walk import EXPLICIT_LITTLE
from storage.index.queries import Entered, Index
from storage.instance_row import MADE_HERE, Provenance
from storage.segments.spool import Spool

NO_DEVICE: Final = ""
"""The device of what no device sent."""


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """Puts objects of ours beside the images of their study."""

    spool: Spool
    index: Index

    def keep(self, made: Written, *, site_id: str, received: Mapping[str, str], now: datetime) -> Entered:
        """Store and index an object; the same one again changes nothing.

        ``site_id`` and ``received`` are the study's: its site, and the columns of patient and study as they came. The
        index joins by these, so that an object which bears a corrected name belongs to the study that was corrected.

        Raises:
            NoSpace, FlushFailed, IndexUnavailable: nothing is stored, or only bytes that recovery finds.

        """
        walked, extent = checked(memoryview(made.dataset), EXPLICIT_LITTLE)
        head = part10.head(
            sop_class_uid=made.sop_class_uid,
            sop_instance_uid=made.sop_instance_uid,
            transfer_syntax_uid=EXPLICIT_LITTLE,
        )
        came = Provenance(site_id=site_id, device_id=NO_DEVICE, received_at=now, source=MADE_HERE)
        with self.spool.borrow(made.study_uid) as segment:
            member = segment.begin(f"{made.sop_instance_uid}.dcm", head)
            member.write(made.dataset)
            row = instance_row(
                walked,
                extent,
                sop_class_uid=made.sop_class_uid,
                transfer_syntax_uid=EXPLICIT_LITTLE,
                issuer="",
                dataset_offset=len(head),
                received_digest=member.digest(),
            )
            row = replace(row, **received)
            entered = self.index.enter(row, member.finish(row, came), came)
            if entered in {Entered.SAME, Entered.ERASED}:
                member.abandon()
        return entered
