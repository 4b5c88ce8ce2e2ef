"""The list of classes that must be told: the shipped ones, and what a region or an organisation says over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reading.kinds import Priority

LONGEST_MINUTES: Final = 24 * 60


class When(StrEnum):
    FLAG = "flag"
    """A reader or the report names it: a critical result."""
    NEGATIVE = "negative"
    """Told when a report without positive findings is signed, such as a normal head CT of a stroke emergency."""
    SIGNED = "signed"
    """Told when any report is signed."""


@dataclass(frozen=True, kw_only=True)
class ResultClass:
    """A class of results, with the minutes until somebody must have acknowledged one."""

    code: str
    minutes: int = 10
    disposal_minutes: int = 60
    """From the acknowledgement until the township is reminded to say what was done with the patient."""
    when: When = When.FLAG
    modalities: tuple[str, ...] = ()
    """Where it is found; empty: with every modality."""
    body_parts: tuple[str, ...] = ()
    priority: str = ""
    """The least urgent priority to which a rule of NEGATIVE or SIGNED applies; empty: to all."""
    name_zh: str = ""
    name_en: str = ""
    listed: bool = True
    """False takes it out of the list of those for whom it is said."""
    organisation_id: str | None = None
    """For whom it is said; None: for everybody."""

    def fits(self, modality: str, body_part: str) -> bool:
        """Whether it is expected in such an examination; blanks say nothing."""
        return (not self.modalities or not modality or bool(set(modality.split("/")) & set(self.modalities))) and (
            not self.body_parts or not body_part or body_part in self.body_parts
        )

    def applies(self, *, modality: str, body_part: str, priority: Priority, positive: bool | None) -> bool:
        """Whether signing such a report tells it by itself: never by a blank body part, and never for a flag."""
        if self.when is When.FLAG or (self.when is When.NEGATIVE and positive is not False):
            return False
        if self.body_parts and not body_part:
            return False
        return self.fits(modality, body_part) and (not self.priority or priority <= Priority(self.priority))


_FILM_OR_CT: Final = ("DX", "CR", "CT")
_CT_OR_MR: Final = ("CT", "MR")
_HEAD: Final = ("HEAD", "BRAIN")
_BELLY: Final = ("ABDOMEN", "CHEST", "PELVIS")
_SPINE: Final = ("CSPINE", "TSPINE", "LSPINE")

SHIPPED: Final = (
    ResultClass(
        code="tension_pneumothorax",
        name_zh="张力性气胸",
        name_en="Tension pneumothorax",
        minutes=5,
        modalities=_FILM_OR_CT,
        body_parts=("CHEST",),
    ),
    ResultClass(
        code="pneumothorax",
        name_zh="气胸",
        name_en="Pneumothorax",
        modalities=_FILM_OR_CT,
        body_parts=("CHEST",),
    ),
    ResultClass(
        code="intracranial_haemorrhage",
        name_zh="颅内出血",
        name_en="Intracranial haemorrhage",
        modalities=_CT_OR_MR,
        body_parts=_HEAD,
    ),
    ResultClass(
        code="stroke",
        name_zh="急性脑卒中",
        name_en="Acute stroke",
        modalities=_CT_OR_MR,
        body_parts=_HEAD,
    ),
    ResultClass(
        code="aortic_dissection",
        name_zh="主动脉夹层或破裂",
        name_en="Aortic dissection or rupture",
        minutes=5,
        modalities=_CT_OR_MR,
        body_parts=("CHEST", "ABDOMEN"),
    ),
    ResultClass(
        code="pulmonary_embolism",
        name_zh="肺动脉栓塞",
        name_en="Pulmonary embolism",
        modalities=("CT",),
        body_parts=("CHEST",),
    ),
    ResultClass(
        code="bowel_perforation",
        name_zh="消化道穿孔",
        name_en="Bowel perforation",
        modalities=_FILM_OR_CT,
        body_parts=_BELLY,
    ),
    ResultClass(
        code="bowel_obstruction",
        name_zh="急性肠梗阻",
        name_en="Acute bowel obstruction",
        modalities=_FILM_OR_CT,
        body_parts=_BELLY,
    ),
    ResultClass(
        code="organ_rupture",
        name_zh="实质脏器破裂",
        name_en="Rupture of a solid organ",
        modalities=("CT", "MR", "US"),
        body_parts=("ABDOMEN", "PELVIS"),
    ),
    ResultClass(
        code="spinal_fracture",
        name_zh="不稳定脊柱骨折",
        name_en="Unstable spinal fracture",
        modalities=("DX", "CR", "CT", "MR"),
        body_parts=_SPINE,
    ),
    ResultClass(
        code="foreign_body",
        name_zh="气道或食管异物",
        name_en="Foreign body in airway or oesophagus",
        modalities=_FILM_OR_CT,
        body_parts=("CHEST", "NECK"),
    ),
    ResultClass(
        code="other",
        name_zh="其他危及生命的情况",
        name_en="Other threat to life",
    ),
)
"""The critical values of imaging that departments list (危急值项目); all can be altered or taken out as data."""


def in_force(said: Iterable[ResultClass], line: Sequence[str]) -> Mapping[str, ResultClass]:
    """The list for a site, by code: what is said nearest to it counts.

    ``line`` is the site and the organisations above it, the nearest first.
    """
    far = [None, *reversed(line)]
    found = {one.code: one for one in SHIPPED}
    rows = [one for one in said if one.organisation_id in far]
    for one in sorted(rows, key=lambda one: far.index(one.organisation_id)):
        found[one.code] = one
    return {code: one for code, one in found.items() if one.listed}
