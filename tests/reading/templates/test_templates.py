"""Templates and phrases of the region, of an organisation and of a person; the values of a form go with the report."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM
from reading.context import Context
from reading.errors import ChecksOpen, Invalid, NotAllowed, NotThere
from reading.reports import drafts, versions
from reading.reports.content import Content
from reading.reports.seal import holds
from reading.signing import signatures
from reading.templates import phrases, templates
from reading.templates.rendering import rendered
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import NORMAL, arrive, open_clinic, shown, take

WORDS: Final = {"zh": "骨质完整。", "en": "Intact."}
DOCUMENT: Final[dict[str, Any]] = {
    "title": {"zh": "橡树胸片", "en": "Oak's chest"},
    "scope": {"modalities": ["DX"], "body_parts": ["CHEST"]},
    "sentences": [{"part": "findings", "words": WORDS}, {"part": "impression", "words": WORDS}],
}


def test_the_nearest_owners_template_is_offered_and_a_report_keeps_the_version_it_began_with(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case, oak = arrive(tx, clinic, "1.1", now), clinic.region.oak.id

        def of(staff: Staff, at: datetime = now) -> Context[Staff]:
            return Context(tx, clinic.audit, at, staff)

        first = templates.offers(of(clinic.ada), case.id)
        assert (first[0].template.key, first[0].fits, first[-1].template.key) == ("chest-dr", True, "generic")
        with pytest.raises(NotThere):
            templates.offers(of(clinic.quinn), case.id)
        with pytest.raises(NotAllowed):
            templates.add(of(clinic.ada), "chest-dr", DOCUMENT, owner=oak)
        with pytest.raises(NotAllowed):
            templates.add(of(clinic.mona), "chest-dr", DOCUMENT, owner="")
        with pytest.raises(Invalid):
            templates.add(of(clinic.mona), "chest-dr", {"title": WORDS}, owner=oak)
        begun = templates.add(of(clinic.mona), "chest-dr", DOCUMENT, owner=oak)
        later = now + timedelta(minutes=1)
        newer = templates.add(of(clinic.mona, later), "chest-dr", DOCUMENT, owner=oak)

        best = templates.offers(of(clinic.ada, later), case.id)[0].template
        assert (best.id, best.version, best.owner) == (newer.id, 2, oak)
        assert templates.usable(of(clinic.ada, later), begun.id).version == 1
        with pytest.raises(NotThere):
            templates.usable(of(clinic.quinn, later), begun.id)
        own = templates.add(of(clinic.ada, later), "mine", DOCUMENT, owner=clinic.ada.person_id)
        with pytest.raises(NotThere):
            templates.usable(of(clinic.vera, later), own.id)
        templates.end(Context(tx, clinic.audit, later, SYSTEM), newer.id)
        assert templates.offers(of(clinic.ada, later), case.id)[0].template.owner in {"", clinic.ada.person_id}


def test_a_mandatory_field_stops_until_it_is_filled_and_the_seal_covers_the_values(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, body_part="KNEE", modality="MR")
        ctx = Context(tx, clinic.audit, now, clinic.rosa)
        knee = templates.offers(ctx, case.id)[0].template
        lease = take(tx, clinic, clinic.rosa, case.id, now)

        def written(**values: Any) -> Content:
            text = rendered(knee.document, values, "zh")
            form = {"template": knee.id, "values": values}
            return Content(**text, positive=False, form=form)

        def sign(content: Content) -> str:
            return signatures.sign(
                ctx,
                clinic.seal,
                case.id,
                content=content,
                screen=shown(tx, case.id),
                draft_revision=1,
                lease_revision=lease,
            ).id

        signatures.save_draft(ctx, case.id, written(), revision=0, lease_revision=lease)
        with pytest.raises(ChecksOpen) as refused:
            sign(written())
        assert refused.value.stops == ("template_blank",)
        with pytest.raises(ChecksOpen):  # not by writing over the blank alone
            sign(replace(written(side="R"), form={"template": knee.id, "values": {}}))
        with pytest.raises(Invalid):
            sign(replace(written(side="R"), form={"template": knee.id, "values": {"side": "X"}}))
        with pytest.raises(Invalid):
            sign(replace(written(side="R"), form={"template": case.id, "values": {}}))
        saved = drafts.of_case(tx, case.id)
        made = versions.by_id(tx, sign(written(side="R")))
        (signature,) = versions.signatures_on(tx, [made.id])

        assert saved is not None
        assert saved.content == written()
        assert made.content.form == {"template": knee.id, "values": {"side": "R"}}
        assert holds(signature, made, clinic.seal.public_key)
        other = replace(made, content=replace(made.content, form={"template": knee.id, "values": {"side": "L"}}))
        assert not holds(signature, other, clinic.seal.public_key)


def test_what_was_written_without_a_form_has_the_same_json_as_before() -> None:
    assert NORMAL.to_json().keys() == {"findings", "impression", "positive", "critical_class", "recommendation"}
    assert Content.from_json(NORMAL.to_json()) == NORMAL


WRONG_FORMS: Final = [
    "text",
    {"template": "0" * 26},
    {"template": "short", "values": {}},
    {"template": "0" * 26, "values": []},
    {"template": "0" * 26, "values": {"a": "\0"}},
    {"template": "0" * 26, "values": {"a": "长" * 20_000}},
    {"template": "0" * 26, "values": {"a": [[[[[[["deep"]]]]]]]}},
    {"template": "0" * 26, "values": {"a": float("nan")}},
]


@pytest.mark.parametrize("form", WRONG_FORMS)
def test_a_form_of_another_shape_is_refused(form: Any) -> None:
    with pytest.raises(Invalid):
        Content.from_json({"form": form})


@pytest.mark.parametrize("shortcut", ["a\0b", "a\u202eb", "a\x07", "a b", "a/b", "", "a" * 21])
def test_a_shortcut_is_what_somebody_can_type_and_see(engine: Engine, now: datetime, shortcut: str) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx = Context(tx, clinic.audit, now, clinic.ada)
        with pytest.raises(Invalid):
            phrases.add(ctx, shortcut=shortcut, words="骨质完整。", owner=clinic.ada.person_id)

        assert phrases.list_of(ctx) == []


def test_a_phrase_of_ones_own_goes_before_the_organisations(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ada, mona, vera = (Context(tx, clinic.audit, now, who) for who in (clinic.ada, clinic.mona, clinic.vera))
        oak = clinic.region.oak.id
        phrases.add(mona, shortcut="xf", words="心肺膈未见异常。", owner=oak)
        own = phrases.add(ada, shortcut="xf", words="心肺未见异常。", owner=clinic.ada.person_id)

        for shortcut, words, problem in (("a b", "x", "not_a_name"), ("a/b", "x", "not_a_name"), ("xf", "x", "taken")):
            with pytest.raises(Invalid) as refused:
                phrases.add(ada, shortcut=shortcut, words=words, owner=clinic.ada.person_id)
            assert refused.value.problem == problem
        with pytest.raises(NotAllowed):
            phrases.add(ada, shortcut="b", words="x", owner=oak)
        assert [(one.words, one.is_own) for one in phrases.list_of(ada)] == [("心肺未见异常。", True)]
        assert [(one.words, one.is_own) for one in phrases.list_of(vera)] == [("心肺膈未见异常。", False)]
        with pytest.raises(NotThere):
            phrases.end(vera, own.id)
        phrases.end(ada, own.id)
        assert [one.words for one in phrases.list_of(ada)] == ["心肺膈未见异常。"]
