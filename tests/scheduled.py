"""An examination that a device is offered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from pacs.service_classes.modality_worklist_item import ScheduledStep

CHEST: Final = ScheduledStep(
    study_uid="2.25.1",
    accession_number="260302ABCDEF",
    step_id="ABCDEFGHJKMNPQRS",
    modality="DX",
    begins=datetime(2026, 3, 2, 16, 5, tzinfo=ZoneInfo("Asia/Shanghai")),
    stations=("DR1", "DR2"),
    started=False,
    alphabetic="WANG^XIAOLI",
    ideographic="王^小丽",
    patient_number="0123456789",
    issuer="TIERREAD",
    birth_date=date(1990, 3, 7),
    sex="F",
    examination="DR 胸部",
    examination_plain="DR Chest",
    body_part="CHEST",
    laterality="",
    priority="emergency",
    reason="咳嗽",
    protocol="",
)
