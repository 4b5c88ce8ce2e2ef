"""Cases by their accession number, as the order or the images say it; two sites may use the same number."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from reading.tables import case_procedure, case_study, imaging_order, organisation, procedure
from storage.tables import study


def spellings(typed: str) -> tuple[str, ...]:
    """A number that a person types, as it is and in either case: an index finds each of them.

    What has no digit is a name, and stays as it is: the databases plan badly for what nobody asks.
    """
    is_number = any(letter.isdigit() for letter in typed)
    return tuple(dict.fromkeys((typed, typed.upper(), typed.lower()))) if is_number else (typed,)


def ordered_as(accession_number: str, site_id: str | None) -> sa.Select[tuple[str]]:
    """The ids of the cases whose order has this number at a site, or (None) at any."""
    # Led by the site, the index finds a number at each of them.
    sites = sa.select(organisation.c.id) if site_id is None else [site_id]
    return (
        sa.select(case_procedure.c.case_id)
        .join(procedure, procedure.c.id == case_procedure.c.procedure_id)
        .join(imaging_order, imaging_order.c.id == procedure.c.order_id)
        .where(imaging_order.c.site_id.in_(sites), imaging_order.c.accession_number == accession_number)
    )


def named_so(accession_number: str, site_id: str | None) -> sa.CompoundSelect[Any]:
    """The ids of the cases whose order at the site, or whose images wherever they came from, say this number."""
    pictured = (
        sa.select(case_study.c.case_id)
        .join(study, study.c.study_uid == case_study.c.study_uid)
        .where(study.c.accession_number == accession_number)
    )
    return sa.union(ordered_as(accession_number, site_id), pictured)
