"""What a check found is mended, or confirmed by name by whoever signs; the signature and the audit say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.actions import Action
from reading.alerts import critical
from reading.audit import events_about
from reading.cases import cases
from reading.checks.finding import Check
from reading.context import Context
from reading.desk import desk
from reading.errors import ChecksOpen, NotThere
from reading.kinds import Priority, Sex
from reading.orders import orders
from reading.orders.orders import Asked
from reading.patients import attribution
from reading.reports import versions
from reading.reports.content import Content
from reading.reports.seal import holds
from reading.rules import case_rule
from reading.signing import report_checks, signatures
from reading.templates import templates
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import NORMAL, Clinic, arrive, open_clinic, shown, take, verify
from tests.reading.region import pia

BREAK = Content(findings="右手第3掌骨骨皮质不连续，较前无变化。", impression="右手第3掌骨骨折。", positive=False)
NAMES = ("abnormal_words_under_negative", "priors_unknown")


def right_hand_is_ordered(tx: Connection, clinic: Clinic, case_id: str, now: datetime) -> None:
    order = orders.place(
        tx,
        site_id=clinic.region.hills.id,
        patient_id=pia(tx, now).id,
        modality="DX",
        priority=Priority.ROUTINE,
        procedures=[Asked(body_part="HAND", laterality="R")],
        reason="",
        ordered_by=None,
        now=now,
    )
    cases.join_procedures(tx, case_id, [order.procedures[0].id], now)


def test_rule_templates_and_checks_have_one_answer_to_who_was_examined(engine: Engine, now: datetime) -> None:
    """Pia's images say neither sex nor birth date; the register does."""
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        said = {"patient_id": "P1", "sex": "", "birth_date": ""}
        case = arrive(tx, clinic, "1.1", now, body_part="PROSTATE", modality="MR", **said)
        ctx = Context(tx, clinic.audit, now, clinic.ada)

        offered = {one.template.key for one in templates.offers(ctx, case.id)}
        found = report_checks.look(ctx, case.id, replace(NORMAL, findings="前列腺体积增大。"))
        assert case_rule.facts_of_case(tx, case).sex is Sex.FEMALE
        assert "prostate-mr" not in offered
        assert Check.ORGAN_AGAINST_SEX in {one.check for one in found}


def test_a_warning_is_confirmed_by_name_and_a_stop_is_mended(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, body_part="HAND", modality="CT")
        right_hand_is_ordered(tx, clinic, case.id, now)

        def context(staff: Staff, *, of: Clinic = clinic) -> Context[Staff]:
            return Context(tx, of.audit, now, staff, of.seal.public_key)

        def sign(content: Content, *confirmed: str) -> str:
            return signatures.sign(
                context(clinic.rosa),
                clinic.seal,
                case.id,
                content=content,
                screen=replace(shown(tx, case.id), confirmed=[Check(name) for name in confirmed]),
                draft_revision=0,
                lease_revision=lease,
            ).id

        lease = take(tx, clinic, clinic.rosa, case.id, now)
        found = report_checks.look(context(clinic.rosa), case.id, replace(BREAK, impression="左手骨折。"))
        assert {str(one.check) for one in found} == {"side_against_order", "side_differs_in_report", *NAMES}
        with pytest.raises(NotThere):
            report_checks.look(context(clinic.quinn), case.id, NORMAL)

        with pytest.raises(ChecksOpen) as refused:
            sign(replace(BREAK, impression="左手骨折。"), *Check)
        assert refused.value.stops == ("side_against_order",)
        with pytest.raises(ChecksOpen) as refused:
            sign(BREAK, NAMES[0])
        assert refused.value.unconfirmed == (NAMES[1],)
        assert versions.of_case(tx, case.id) == []

        made = sign(BREAK, *NAMES, "number_without_unit")
        verify(tx, clinic, clinic.vera, case.id, now)
        (version,) = desk.detail(context(clinic.vera), case.id).versions
        events = [one for one in events_about(tx, "case", case.id) if one.action == Action.REPORT_CHECK_CONFIRM]

        assert [one.confirmed_checks for one in version.signatures] == [NAMES, ()]  # the verifier changed no word
        assert sorted(str(one.details["check"]) for one in events) == sorted(NAMES)
        assert {one.actor.id for one in events} == {clinic.rosa.person_id}
        assert all(
            holds(one, versions.by_id(tx, made), clinic.seal.public_key) for one in versions.signatures_on(tx, [made])
        )


def test_a_side_that_somebody_corrected_is_compared_with_the_order_and_with_the_words(
    engine: Engine, now: datetime
) -> None:
    """The order says right; the images say left by their header, and then by a correction."""
    left = replace(BREAK, findings="左手第3掌骨骨皮质不连续。", impression="左手第3掌骨骨折。", positive=True)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, body_part="HAND", laterality="R")
        right_hand_is_ordered(tx, clinic, case.id, now)

        def sides(said: Content) -> dict[str, str]:
            ctx = Context(tx, clinic.audit, now, clinic.rosa, clinic.seal.public_key)
            found = report_checks.look(ctx, case.id, said)
            return {str(one.check): one.words for one in found if one.check.startswith("side_")}

        def differ() -> tuple[str, str] | None:
            return desk.detail(
                Context(tx, clinic.audit, now, clinic.rosa, clinic.seal.public_key), case.id
            ).sides_differ

        before = (sides(left), sides(BREAK))
        assert differ() is None
        cases.change(tx, cases.by_id(tx, case.id), laterality="L")
        by_header = (sides(left), sides(BREAK))
        assert differ() == ("R", "L")
        attribution.correct(tx, "1.1", {"Laterality": "L"}, reason="摆错了侧", made_by=None, now=now)
        corrected = (sides(left), sides(BREAK))
        attribution.correct(tx, "1.1", {"Laterality": ""}, reason="不知道哪一侧", made_by=None, now=now)
        cases.change(tx, cases.by_id(tx, case.id), laterality="")

        assert before == ({"side_against_order": "左"}, {})
        assert by_header == (
            {"side_of_images_differs": "R L", "side_against_order": "左"},
            {"side_of_images_differs": "R L", "side_against_images": "右"},
        )
        assert corrected == (
            {"side_of_images_differs": "R L"},
            {"side_against_images": "右", "side_of_images_differs": "R L"},
        )
        assert sides(left) == before[0]
        assert differ() is None


def test_a_flag_of_another_class_does_not_silence_critical_words(engine: Engine, now: datetime) -> None:
    said = replace(NORMAL, findings="左侧气胸。", impression="左侧气胸。", positive=True)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        ctx = Context(tx, clinic.audit, now, clinic.rosa, clinic.seal.public_key)

        def warns(class_: str, words: str) -> bool:
            critical.raise_alert(ctx, case.id, critical_class=class_, finding=words)
            found = report_checks.look(ctx, case.id, said)
            return Check.CRITICAL_WORDS_WITHOUT_FLAG in {one.check for one in found}

        assert warns("foreign_body", "右主支气管异物")
        assert not warns("pneumothorax", "左侧气胸")
