"""Facts of a case, of which a test says only what matters."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from reading.kinds import Priority, Sex
from reading.rules.facts import Facts

TUESDAY_MORNING = datetime(2026, 3, 3, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def facts(**known: Any) -> Facts:
    """A routine chest radiograph of an adult on a working day."""
    chest: dict[str, Any] = {
        "modality": "DX",
        "body_part": "CHEST",
        "site_id": "S",
        "site_code": "hills",
        "department": "",
        "contrast": None,
        "request": "",
        "sex": Sex.FEMALE,
        "age_years": 40,
        "received_at": TUESDAY_MORNING,
        "working_day": True,
        "priority": Priority.ROUTINE,
        "critical": False,
        "escalated": False,
    }
    return Facts(**(chest | known))


ANY_FACTS = st.builds(
    facts,
    modality=st.sampled_from(["CT", "MR", "DX", "CR", "US", "MG", "", "?"]),
    body_part=st.sampled_from(["CHEST", "HEAD", "HAND", ""]),
    department=st.sampled_from(["", "急诊科", "体检中心"]),
    contrast=st.sampled_from([None, True, False]),
    request=st.sampled_from(["", "胸痛两小时", "车祸", "左侧偏瘫", "咳嗽"]),
    sex=st.sampled_from(Sex),
    age_years=st.none() | st.integers(0, 120),
    received_at=st.integers(0, 23).map(lambda hour: TUESDAY_MORNING.replace(hour=hour)),
    working_day=st.booleans(),
    priority=st.sampled_from(Priority),
    critical=st.booleans(),
    escalated=st.booleans(),
)
