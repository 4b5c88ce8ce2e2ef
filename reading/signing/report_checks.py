"""The checks of a report with what is known of its case: said while somebody types, and settled when they sign."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy.engine import Connection

from reading.access import blindness, door
from reading.access.priors import prior_cases
from reading.actions import Action
from reading.alerts import alert_rows, clarification, classes
from reading.alerts.alert_rows import Alert, Kind
from reading.alerts.class_list import When
from reading.alerts.moves import DIFFERING
from reading.cases import cases
from reading.cases.cases import Case
from reading.checks.checks import findings, settled
from reading.checks.finding import Check, Facts, Finding
from reading.context import Context, without_door
from reading.errors import Invalid
from reading.orders import matching
from reading.patients import attribution, patients
from reading.patients.image_persons import said_by_images
from reading.patients.same_person import Fact, another_person
from reading.reports.content import Content
from reading.rules import case_facts
from reading.templates import templates
from reading.templates.rendering import blank_fields, checked
from reading.viewers import Staff

_CHINESE: Final = re.compile("[一-鿿]")


def look(ctx: Context[Staff], case_id: str, content: Content) -> Sequence[Finding]:
    """What the checks say of a report as it stands on somebody's screen.

    Raises:
        NotThere: no such case, or not one that they may see.
        Invalid: a value breaks the form of its field.

    """
    case = door.open_case(ctx, case_id, Action.CASE_OPEN)
    return findings(content, _facts(ctx, case, content))


@without_door("A part of the act that signs, which has opened the case.")
def settle(ctx: Context[Staff], case: Case, content: Content, confirmed: Collection[Check]) -> tuple[Check, ...]:
    """Make sure that a report may be signed; the checks that were confirmed go on record and into the signature.

    Raises:
        ChecksOpen: something has to be mended, or was not confirmed by name.
        Invalid: a value breaks the form of its field.

    """
    names = settled(findings(content, _facts(ctx, case, content)), confirmed)
    for name in names:
        ctx.record(action=Action.REPORT_CHECK_CONFIRM, subject_kind="case", subject_id=case.id, details={"check": name})
    return names


def _facts(ctx: Context[Staff], case: Case, content: Content) -> Facts:
    tx, told = ctx.tx, _told(ctx, case.id)
    return Facts(
        body_part=case.body_part,
        order_sides=matching.ordered_sides(tx, case.id),
        image_side=case.laterality,
        side_corrected=_side_corrected(tx, case.id),
        differing_person=_differing_person(tx, case),
        sex=case_facts.person_of(tx, case).sex,
        has_priors=bool(prior_cases(tx, ctx.who, [case], ctx.now)[case.id]),
        flagged=frozenset(one.critical_class for one in told if one.kind is Kind.CRITICAL),
        class_names={
            code: (one.name_zh, one.name_en)
            for code, one in classes.in_force(tx, case.site_id, ctx.now).items()
            if one.when is When.FLAG
        },
        read_back_otherwise=tuple(
            one.read_back or ""
            for one in told
            if one.state in DIFFERING and not clarification.is_settled_by(ctx, one, content.impression)
        ),
        blank_fields=_blank_fields(tx, content),
    )


def _told(ctx: Context[Staff], case_id: str) -> list[Alert]:
    """The alerts that stand, as far as this person is told of them."""
    stand = alert_rows.standing_on_each(ctx.tx, [case_id]).get(case_id, [])
    if not stand:
        return []
    hidden = blindness.hides_alerts(ctx.tx, ctx.who, [case_id], ctx.now)
    return [one for one in stand if one.id not in hidden]


def _blank_fields(tx: Connection, content: Content) -> tuple[str, ...]:
    """Mandatory fields of the template without a value, in the language that the report is written in."""
    if content.form is None:
        return ()
    template = templates.by_id(tx, content.form["template"])
    if template is None:
        raise Invalid("form", "unknown")
    values = checked(template.document, content.form["values"])
    return blank_fields(template.document, values, "zh" if _CHINESE.search(content.findings) else "en")


def _side_corrected(tx: Connection, case_id: str) -> bool:
    current = (attribution.current(tx, uid) for uid in cases.study_uids(tx, case_id))
    return any(attribution.names_side(made.attributes) for made in current if made is not None)


def _differing_person(tx: Connection, case: Case) -> tuple[Fact, ...]:
    patient = patients.by_id(tx, case.patient_id) if case.patient_id else None
    if patient is None:
        return ()
    return another_person(said_by_images(tx, cases.study_uids(tx, case.id)), patient)
