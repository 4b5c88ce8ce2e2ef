"""Sends the invented examinations through the real DICOM port, as their devices would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydicom.uid import CTImageStorage, DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian
from pynetdicom.ae import ApplicationEntity

from service.demo import objects
from service.demo.region import EXAMINATIONS, Examination, Region, Sent
from service.installation.settings import Settings


class NotSent(Exception):
    """The listener refused the association or an instance; ``status`` is the answer of C-STORE, None without one."""

    def __init__(self, device: str, status: int | None) -> None:
        super().__init__(device, status)
        self.device = device
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the sending is."""

    device: str
    done: int
    total: int


def send(
    settings: Settings, region: Region, here: Callable[[str], int], now: datetime, tell: Callable[[Progress], None]
) -> int:
    """Send what is not ``here`` (a study's UID to its number of instances) yet; answer how many instances were sent.

    Raises:
        NotSent: the listener did not take one.

    """
    missing = [
        (examination, sent)
        # An older version of the demonstration made a folder with fewer of them.
        for examination, sent in zip(EXAMINATIONS, region.studies, strict=False)
        if here(sent.study_uid) < objects.count(examination)
    ]
    total = sum(objects.count(examination) for examination, _ in missing)
    done = 0
    for number, (examination, sent) in enumerate(missing):
        at = now.astimezone() - timedelta(minutes=6 * (len(missing) - number))
        for _ in _send_study(settings, examination, sent, at):
            done += 1
            tell(Progress(device=examination.device, done=done, total=total))
    return done


def _send_study(settings: Settings, examination: Examination, sent: Sent, at: datetime) -> Iterator[None]:
    # Drawn first: on a slow machine that takes longer than an association is kept without a word.
    drawn = list(objects.instances(examination, sent, at))
    entity = ApplicationEntity(ae_title=examination.device)
    for sop_class in (CTImageStorage, DigitalXRayImageStorageForPresentation):
        entity.add_requested_context(sop_class, ExplicitVRLittleEndian)
    association = entity.associate("127.0.0.1", settings.dicom_port, ae_title=settings.ae_title)
    if not association.is_established:
        raise NotSent(examination.device, None)
    try:
        for ds in drawn:
            status = association.send_c_store(ds)
            if status.get("Status") != 0:
                raise NotSent(examination.device, status.get("Status"))
            yield
    finally:
        association.release()
