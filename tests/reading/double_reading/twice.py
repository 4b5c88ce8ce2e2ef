"""A clinic that reads mammograms twice, and the readings as its people make them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy.engine import Connection

from reading.cases.cases import Case
from reading.context import Context
from reading.double_reading import readings
from reading.reports import drafts
from reading.reports.content import Content
from reading.reports.opinion import Opinion, Result, SideResult
from reading.reports.versions import ReportVersion
from reading.viewers import Staff
from tests.reading.clinic import UNSAMPLED, Clinic, arrive, open_clinic, shown, take

RULE: Final[dict[str, Any]] = {
    "name": "screening",
    "when": {"modality": ["MG"], "priority": ["routine"]},
    "tier": "county",
    "needs_verifier": False,
    "due_minutes": 10080,
    "indicator_minutes": 20160,
    "arriving_minutes": 60,
}
NORMAL: Final = Content(
    findings="双侧乳腺腺体结构对称",
    impression="双侧乳腺未见明显异常",
    positive=False,
    opinion=Opinion(result=Result.NORMAL),
)
RIGHT: Final = Content(
    findings="右侧乳腺外上象限毛刺肿块",
    impression="右侧乳腺肿块，建议进一步检查",
    positive=True,
    opinion=Opinion(result=Result.RECALL, right=SideResult.RECALL, left=SideResult.NORMAL),
)
AGAIN: Final = Content(
    findings="左侧 MLO 位运动伪影",
    impression="图像不能诊断，建议补摄",
    positive=False,
    opinion=Opinion(result=Result.TECHNICAL_RECALL, views=frozenset({"LMLO"})),
)


def rules(**asked: Any) -> dict[str, Any]:
    """The first policy with a rule in front by which mammograms are read twice."""
    return {"rules": [RULE | {"double_reading": asked}, *UNSAMPLED["rules"]]}


def open_screening(tx: Connection, now: datetime, **asked: Any) -> Clinic:
    return open_clinic(tx, now, rules(**asked))


def mammogram(tx: Connection, clinic: Clinic, study_uid: str, now: datetime, **known: object) -> Case:
    mammography: dict[str, Any] = {"modality": "MG", "body_part": "BREAST"}
    return arrive(tx, clinic, study_uid, now, **(mammography | known))


def read_blind(  # noqa: PLR0917
    tx: Connection, clinic: Clinic, staff: Staff, case_id: str, now: datetime, content: Content = NORMAL
) -> ReportVersion:
    """Claim and sign, as whichever reader the case waits for."""
    draft = drafts.of_case(tx, case_id)
    return readings.sign(
        Context(tx, clinic.audit, now, staff),
        clinic.seal,
        case_id,
        content=content,
        screen=shown(tx, case_id),
        draft_revision=draft.revision if draft else 0,
        lease_revision=take(tx, clinic, staff, case_id, now),
    )
