"""What the head of a DICOM file says of the facts that rules ask for."""

from __future__ import annotations

from pacs.dataset.examination_header import examination_header
from pacs.dataset.part10 import NoMeta
from reading.dicom_dates import parse_date
from reading.errors import Invalid
from reading.rules.case_facts import sex_of
from reading.rules.examination_time import years_between
from reading.rules.typed_facts import TypedFacts


def examination_facts(head: bytes) -> TypedFacts:
    """The facts in the header of a file; what it does not say stays open, to be typed.

    Raises:
        Invalid: it is no DICOM file.

    """
    try:
        said = examination_header(head)
    except NoMeta as wrong:
        raise Invalid("file", "not_dicom") from wrong
    born, made = parse_date(said.birth_date), parse_date(said.study_date)
    return TypedFacts(
        modality=said.modality,
        body_part=said.body_part,
        sex=sex_of(said.sex),
        age_years=years_between(born, made) if born and made else None,
        department=said.department[:60],
        contrast=True if said.with_contrast else None,
        request=" ".join(part for part in (said.reason, said.description) if part),
    )
