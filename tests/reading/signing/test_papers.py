"""What the holder of a printed report learns: whether it counts, whether it was changed, and nothing of the person."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Connection, Engine

from reading import audit
from reading.audit import Outcome, stranger
from reading.context import Context
from reading.errors import Invalid, TooManyAttempts
from reading.kinds import Role
from reading.patients.crockford import ALPHABET
from reading.reports.paper_code import read_code
from reading.reports.versions import ReportVersion
from reading.sessions.attempts import Caller
from reading.signing import papers, withhold
from reading.signing.papers import Compared, Paper, Standing
from storage.database import transaction
from tests.reading.clinic import NORMAL, PNEUMONIA, Clinic, arrive, open_clinic, read, verify
from tests.reading.region import KEYS, hire, pia

HOLDER = Caller(address="192.0.2.7")


def asked(tx: Connection, clinic: Clinic, now: datetime) -> Context[Any]:
    return Context(tx, clinic.audit, now, stranger(HOLDER.address), clinic.seal.public_key)


def printed(tx: Connection, clinic: Clinic, now: datetime, version: ReportVersion) -> str:
    return papers.code_for(Context(tx, clinic.audit, now, clinic.tang), KEYS, version)


def standing(ctx: Context[Any], code: str) -> Standing:
    found = papers.check(ctx, KEYS, code, HOLDER)
    assert isinstance(found, Paper)
    return found.standing


def test_a_paper_follows_its_report_to_the_end(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        case = arrive(tx, clinic, "1.1", now, patient_id="P1", patient_name="Pia", accession_number="260302AB12CD")
        first = printed(tx, clinic, now, read(tx, clinic, clinic.rosa, case.id, now, NORMAL))
        ctx = asked(tx, clinic, now)
        before = standing(ctx, first)
        second_version = verify(tx, clinic, clinic.vera, case.id, now, PNEUMONIA)
        second = printed(tx, clinic, now, second_version)
        again = printed(tx, clinic, now, second_version)
        old, new = papers.check(ctx, KEYS, first, HOLDER), papers.check(ctx, KEYS, second, HOLDER)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.ada), case.id, why="wrong person")

        assert before is Standing.PRELIMINARY
        assert again == second != first
        assert isinstance(old, Paper)
        assert isinstance(new, Paper)
        assert (old.standing, old.number, old.replaced_at) == (Standing.SUPERSEDED, 1, new.reported_at)
        assert (new.standing, new.number, new.replaced_at) == (Standing.CURRENT, 2, None)
        assert (new.site, new.accession_end, [name for _, name in new.signers]) == ("Hills", "12CD", ["Rosa", "Vera"])
        assert "Pia" not in repr((old, new))
        assert standing(ctx, second) is Standing.WITHDRAWN
        assert papers.compare(ctx, KEYS, second, {"name": "Pia"}, HOLDER) == Compared(
            paper=replace(new, standing=Standing.WITHDRAWN), agrees={"name": False}
        )


def test_one_changed_character_is_recognised_and_typing_is_forgiven(engine: Engine, now: datetime) -> None:
    said = replace(PNEUMONIA, findings="右下肺片状影，约 1.5 cm。\n心影不大。", impression="右下肺炎")
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        case = arrive(tx, clinic, "1.1", now, patient_id="P1", patient_name="Pia")
        code = printed(tx, clinic, now, read(tx, clinic, clinic.ada, case.id, now, said))
        cases = {
            "右下肺炎": {"impression": True},
            "左下肺炎": {"impression": False},
            "右下肺炎？": {"impression": False},
        }
        ctx = asked(tx, clinic, now)
        found = {text: papers.compare(ctx, KEYS, code, {"impression": text}, HOLDER) for text in cases}
        whole = {"name": " pia ", "findings": "右下肺片状影,约1.5CM.心影不大."}
        typed = papers.compare(ctx, KEYS, code, {**whole, "impression": " "}, HOLDER)
        moved = papers.compare(ctx, KEYS, code, {"name": "Pio", "findings": "右下肺片状影，约15cm。心影不大。"}, HOLDER)
        raised = papers.compare(ctx, KEYS, code, {"findings": "右下肺片状影，约¹.5cm。心影不大。"}, HOLDER)
        events = audit.events_about(tx, "report", typed.paper.version_id if isinstance(typed, Compared) else "")

        assert {text: one.agrees for text, one in found.items() if isinstance(one, Compared)} == cases
        assert isinstance(typed, Compared)
        assert typed.agrees == {"name": True, "findings": True}
        assert isinstance(moved, Compared)
        assert moved.agrees == {"name": False, "findings": False}
        assert isinstance(raised, Compared)
        assert raised.agrees == {"findings": False}
        compared = [event for event in events if event.action == "paper.compare"]
        assert [event.actor.address for event in compared] == ["192.0.2.7"] * 6
        assert "Pia" not in repr(compared)


def test_a_paper_names_its_signers_as_the_sheet_does(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        zoe = hire(tx, "zoe", now, (Role.RESIDENT, clinic.region.oak))
        case = arrive(tx, clinic, "1.1", now, patient_id="P1", patient_name="Pia")
        read(tx, clinic, zoe, case.id, now)
        code = printed(tx, clinic, now, verify(tx, clinic, clinic.vera, case.id, now))
        found = papers.compare(asked(tx, clinic, now), KEYS, code, {"name": "Pia"}, HOLDER)

        assert isinstance(found, Compared)
        assert found.paper.signers == (("resident", "Zoe"), ("attending", "Vera"))


def test_the_words_of_a_report_are_not_found_by_trying(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        code = printed(tx, clinic, now, read(tx, clinic, clinic.ada, case.id, now, PNEUMONIA))
        ctx = asked(tx, clinic, now)
        tries = [papers.compare(ctx, KEYS, code, {"impression": f"{n}"}, HOLDER) for n in range(7)]
        right = papers.compare(ctx, KEYS, code, {"impression": "右下肺炎"}, HOLDER)

        assert [type(one) for one in tries] == [Compared] * 6 + [TooManyAttempts]
        assert isinstance(right, TooManyAttempts)
        assert standing(ctx, code) is Standing.CURRENT


def test_codes_and_files_that_nobody_issued_are_answered_alike_and_slowed_down(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.ada, case.id, now)
        code = printed(tx, clinic, now, version)
        papers.note_file(Context(tx, clinic.audit, now, clinic.tang), version.id, b"f" * 32)
        ctx = asked(tx, clinic, now)
        given = papers.check_file(ctx, KEYS, b"f" * 32, HOLDER)
        codes = [made for made in (f"{n:015}" for n in range(130)) for made in [whole(made)] if made != code]
        answers = [papers.check(ctx, KEYS, made, HOLDER) for made in codes]
        file = papers.check_file(ctx, KEYS, b"x" * 32, HOLDER)
        later = papers.check(asked(tx, clinic, now + timedelta(hours=2)), KEYS, code, HOLDER)
        events = audit.events_about(tx, "report", "")

        assert isinstance(given, Paper)
        assert given.version_id == version.id
        assert answers[:121] == [None] * 121
        assert isinstance(answers[121], TooManyAttempts)
        assert isinstance(file, TooManyAttempts)
        assert isinstance(later, Paper)
        assert {(event.action, event.outcome) for event in events} == {("paper.check", Outcome.REFUSED)}
        assert len(events) == 121
        with pytest.raises(Invalid):
            papers.check(ctx, KEYS, code[:-1], HOLDER)


def whole(letters: str) -> str:
    """These fifteen characters with the one that checks them."""
    return next(letters + last for last in ALPHABET if read_code(letters + last))
