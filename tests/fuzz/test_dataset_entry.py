"""Data sets that are nearly well-formed: each is stored as it came or refused, and nothing in between."""

from __future__ import annotations

import hashlib
import resource
from datetime import timedelta
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pacs.arriving.outcome import Reason
from storage import tables
from storage.database import snapshot
from tests.archive import Archive
from tests.builders import BIG_ENDIAN, DEFLATED, compressed, encoded, fragmented, image
from tests.fuzz.mutations import edits, mutated
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Object

JPEG: Final = "1.2.840.10008.1.2.4.50"
RLE: Final = "1.2.840.10008.1.2.5"
MORE_KIB: Final = 200 * 1024
"""That the process may grow by over all cases: no length field is believed before its bytes are there."""


def test_a_data_set_is_stored_as_it_came_or_refused(small_archive: Archive, cases: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told: dict[Reason, int] = {}

    @settings(
        max_examples=cases,
        database=None,
        deadline=timedelta(seconds=20),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(SEEDS), edits)
    def one(seed: Object, changes: Any) -> None:
        sent = Object(
            transfer_syntax=seed.transfer_syntax,
            sop_class=seed.sop_class,
            sop_instance=seed.sop_instance,
            dataset=mutated(seed.dataset, changes),
        )
        outcome = small_archive.take(sent, piece=700)

        told[outcome.reason] = told.get(outcome.reason, 0) + 1
        assert outcome.accepted == kept(small_archive, sent)
        assert outcome.reason is not Reason.FAILED

    one()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert sum(told.values()) >= cases
    assert Reason.STORED in told
    assert len(told) > 2
    assert after - before < MORE_KIB
    print("data sets:", ", ".join(f"{reason} {number}" for reason, number in sorted(told.items())))


def kept(archive: Archive, sent: Object) -> bool:
    """Whether these very bytes are in the index, or wait in quarantine as a newcomer that a person decides about."""
    digest = hashlib.sha256(sent.dataset).digest()
    with snapshot(archive.engine) as tx:
        instance, quarantine = tables.instance.c, tables.quarantine.c
        indexed = sa.select(sa.literal(1)).where(instance.received_digest == digest)
        held = sa.select(sa.literal(1)).where(quarantine.digest == digest, quarantine.reason == "held")
        return tx.execute(indexed.union_all(held).limit(1)).first() is not None


def seeds() -> list[Object]:
    nested = image()
    for _ in range(12):
        outer = Dataset()
        outer.ReferencedSeriesSequence = Sequence([nested if "Rows" not in nested else Dataset()])
        nested = outer
    deep = image(ReferencedSeriesSequence=Sequence([nested]))
    open_ended = image(ReferencedSeriesSequence=Sequence([Dataset(), Dataset()]))
    open_ended["ReferencedSeriesSequence"].is_undefined_length = True
    made = [
        (image(), EXPLICIT_LITTLE),
        (image(), IMPLICIT_LITTLE),
        (image(), BIG_ENDIAN),
        (image(), DEFLATED),
        (image(frames=3), EXPLICIT_LITTLE),
        (deep, EXPLICIT_LITTLE),
        (open_ended, IMPLICIT_LITTLE),
        (image(PatientName="王^小明=璡誠", SpecificCharacterSet="GB18030"), EXPLICIT_LITTLE),
        (compressed(image(), RLE), RLE),
        (fragmented(image(frames=2), [np.arange(64, dtype=np.uint8).tobytes()] * 2), JPEG),
    ]
    return [
        Object(
            transfer_syntax=syntax,
            sop_class=str(dataset.SOPClassUID),
            sop_instance=str(dataset.SOPInstanceUID),
            dataset=encoded(dataset, syntax),
        )
        for dataset, syntax in made
    ]


SEEDS: Final = seeds()
