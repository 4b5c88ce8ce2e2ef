"""What the clinic wrote reaches whoever reads, and silence says why it is silent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Engine

from reading.cases import cases
from reading.cases.identity_moves import Identity
from reading.desk.clinical_request import ClinicalRequest, Told, request_of
from reading.kinds import Priority
from reading.orders import orders
from reading.orders.orders import Asked
from storage.database import transaction
from tests.reading.clinic import arrive, open_clinic
from tests.reading.region import pia


def test_the_words_of_every_order_of_a_case_are_shown_as_they_were_written(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient, case = pia(tx, now), arrive(tx, clinic, "1.1", now)

        def answer(reason: str) -> ClinicalRequest:
            order = orders.place(
                tx,
                site_id=clinic.region.hills.id,
                patient_id=patient.id,
                modality="DX",
                priority=Priority.ROUTINE,
                procedures=[Asked(body_part="CHEST"), Asked(body_part="HAND", laterality="R")],
                reason=reason,
                ordered_by=clinic.tang.person_id,
                department="急诊科" if reason else "",
                now=now,
            )
            cases.join_procedures(tx, case.id, [one.id for one in order.procedures], now)
            return request_of(tx, case)

        assert request_of(tx, case) == ClinicalRequest(told=Told.NO_ORDER)
        assert answer("") == ClinicalRequest(told=Told.BLANK, asked_by=clinic.tang.name)
        assert answer("右手外伤\n骨折？").words == "右手外伤\n骨折？"
        assert answer("咳嗽").words == "右手外伤\n骨折？\n咳嗽"
        assert answer("咳嗽").words == "右手外伤\n骨折？\n咳嗽"
        assert (answer("咳嗽").asked_by, answer("咳嗽").department) == (clinic.tang.name, "急诊科")
        assert request_of(tx, replace(case, identity=Identity.DIFFERS)) == ClinicalRequest(told=Told.HELD)
