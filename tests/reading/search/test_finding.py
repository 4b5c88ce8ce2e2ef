"""What a search finds: finals that somebody may see, by words, fields, categories, people and days."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

import storage
from reading import audit
from reading.actions import Action
from reading.context import Context
from reading.errors import Invalid, NotThere
from reading.kinds import Role
from reading.reports.content import Content
from reading.review.review import Outcome
from reading.rules.first_policy import FIRST_POLICY
from reading.search import finding, saved
from reading.search.finding import Found, Query
from reading.signing import withhold
from reading.tables import report_search, report_search_code, report_search_person, saved_search
from reading.templates import templates
from reading.viewers import Staff
from storage.database import transaction
from tests.plans import plans_of, reads_through
from tests.reading.clinic import NORMAL, UNSAMPLED, Clinic, arrive, open_clinic, read, review_as
from tests.reading.region import hire
from tests.reading.templates.test_rendering import mandatory, value_of

NODULE = Content(findings="右肺上叶见 磨玻璃结节，约8mm", impression="右肺上叶结节", positive=True)
DAY = timedelta(days=1)
BEFORE_RELEASE = {"when": "before_release", "percent": 100}
REVIEWED = {
    "rules": [
        rule if "emergency" in rule["when"].get("priority", ()) else {**rule, "review": BEFORE_RELEASE}
        for rule in FIRST_POLICY["rules"]
    ]
}


def ctx(tx: Connection, clinic: Clinic, who: Staff, now: datetime) -> Context[Staff]:
    return Context(tx, clinic.audit, now, who, clinic.seal.public_key)


def find(asks: Context[Staff], query: Query, *, limit: int, offset: int = 0) -> Found:
    return finding.shown(asks, finding.look_up(asks, query, limit=limit, offset=offset))


def found(tx: Connection, clinic: Clinic, who: Staff, query: Query, now: datetime) -> list[str]:
    """The ids of the cases."""
    return [one.case_id for one in find(ctx(tx, clinic, who, now), query, limit=50).versions]


@pytest.fixture
def clinic(engine: Engine, now: datetime) -> Clinic:
    with transaction(engine) as tx:
        return open_clinic(tx, now)


def test_words_fields_people_and_days_restrict_what_is_found(engine: Engine, now: datetime, clinic: Clinic) -> None:
    with transaction(engine) as tx:
        normal = arrive(tx, clinic, "1.1", now).id
        read(tx, clinic, clinic.ada, normal, now, NORMAL)
        nodule = arrive(tx, clinic, "1.2", now, site=clinic.region.lake, body_part="HAND").id
        read(tx, clinic, clinic.vera, nodule, now + DAY, replace(NODULE, critical_class="stroke"))
        review_as(tx, clinic, clinic.ben, nodule, now + DAY)  # a critical one is reviewed before it is released
        waiting = arrive(tx, clinic, "1.3", now).id
        read(tx, clinic, clinic.rosa, waiting, now, NODULE)  # waits for a verifier
        at = now + DAY
        by = {
            name: found(tx, clinic, clinic.ada, query, at)
            for name, query in {
                "nothing": Query(),
                "a word": Query(text="结节"),
                "one character": Query(text="约"),
                "a word with a space inside": Query(text="见磨玻璃"),
                "two words": Query(text="磨玻璃 上叶"),
                "a word that is in none": Query(text="结石"),
                "one of two": Query(text="结节 心肺"),
                "case": Query(text="8MM"),
                "a pattern": Query(text="%"),
                "modality": Query(modality="DX"),
                "body part": Query(body_part="HAND"),
                "site": Query(site="lake"),
                "another county's site": Query(site="moor"),
                "positive": Query(positive=True),
                "negative": Query(positive=False),
                "critical": Query(critical=True),
                "not critical": Query(critical=False),
                "who signed": Query(signer="Vera"),
                "since": Query(since=at),
                "until": Query(until=at),
            }.items()
        }

        both, the_nodule, the_normal = [nodule, normal], [nodule], [normal]
        assert by == {
            "nothing": both,
            "a word": the_nodule,
            "one character": the_nodule,
            "a word with a space inside": the_nodule,
            "two words": the_nodule,
            "a word that is in none": [],
            "one of two": [],
            "case": the_nodule,
            "a pattern": [],
            "modality": both,
            "body part": the_nodule,
            "site": the_nodule,
            "another county's site": [],
            "positive": the_nodule,
            "negative": the_normal,
            "critical": the_nodule,
            "not critical": the_normal,
            "who signed": the_nodule,
            "since": the_nodule,
            "until": the_normal,
        }
        page = find(ctx(tx, clinic, clinic.ada, at), Query(), limit=1, offset=1)
        assert ([one.case_id for one in page.versions], page.more) == ([normal], False)
        with pytest.raises(Invalid):
            found(tx, clinic, clinic.ada, Query(signer="a\x00"), at)


def test_only_what_may_be_seen_is_found_and_each_look_is_on_record(
    engine: Engine, now: datetime, clinic: Clinic
) -> None:
    everything = Query(text="结节")
    with transaction(engine) as tx:
        case = arrive(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.ada, case.id, now, NODULE)
        clerk = hire(tx, "clerk", now, (Role.SYSTEM_ADMINISTRATOR, clinic.region.hills))
        lena = hire(tx, "lena", now, (Role.TECHNICIAN, clinic.region.lake))
        seeing, blind = (clinic.ada, clinic.tang, clinic.ben, clinic.mona), (clinic.quinn, lena, clerk)
        assert [found(tx, clinic, who, everything, now) for who in seeing] == [[case.id]] * len(seeing)
        assert [found(tx, clinic, who, everything, now) for who in blind] == [[]] * len(blind)
        assert find(ctx(tx, clinic, clinic.ada, now), everything, limit=1).versions[0].flaws == frozenset()
        looks = {(one.action, one.actor.id) for one in audit.events_about(tx, "report", version.id)}
        searches = {one.actor.id for one in audit.events_about(tx, "list", "") if one.action == Action.REPORT_SEARCH}
        withhold.withhold(ctx(tx, clinic, clinic.mona, now), case.id, why="患者错误")

        assert (Action.REPORT_FOUND, clinic.tang.person_id) in looks
        assert {clinic.quinn.person_id, clinic.tang.person_id} <= searches
        assert found(tx, clinic, clinic.ada, everything, now) == []


def test_an_amended_report_is_found_by_its_new_words_and_counts_as_new(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, REVIEWED)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now, NORMAL)
        before = found(tx, clinic, clinic.ada, Query(text="心肺"), now)
        kept = saved.save(ctx(tx, clinic, clinic.ada, now), "结节随访", Query(text="结节", positive=True))
        later = now + DAY
        review_as(tx, clinic, clinic.ben, case.id, later, outcome=Outcome.AMEND, content=NODULE)
        (mine,) = saved.own(ctx(tx, clinic, clinic.ada, later))
        seen = saved.look(ctx(tx, clinic, clinic.ada, later), kept.id)
        saved.seen(ctx(tx, clinic, clinic.ada, later), kept.id, later)
        (again,) = saved.own(ctx(tx, clinic, clinic.ada, later))

        assert before == []  # nobody had released it yet
        assert found(tx, clinic, clinic.ada, Query(text="心肺"), later) == []
        assert found(tx, clinic, clinic.ada, Query(text="结节", signer="Ben"), later) == [case.id]
        assert found(tx, clinic, clinic.ada, Query(signer="Ada"), later) == [case.id]
        assert (mine.new, seen.new, again.new, again.query) == (1, 1, 0, Query(text="结节", positive=True))
        for act in (saved.look, saved.end):
            with pytest.raises(NotThere):
                act(ctx(tx, clinic, clinic.ben, later), kept.id)
        saved.end(ctx(tx, clinic, clinic.ada, later), kept.id)
        assert saved.own(ctx(tx, clinic, clinic.ada, later)) == []


def test_what_is_no_search_is_not_kept_and_what_was_kept_before_keeps_the_others_usable(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ada = ctx(tx, clinic, clinic.ada, now)
        for wrong in (Query(modality="\x01"), Query(signer="a\tb"), Query(category="\x00"), Query(site="x" * 101)):
            with pytest.raises(Invalid):
                saved.save(ada, "结节", wrong)
        bad = saved.save(ada, "坏的", Query(modality="CT"))
        spoilt = sa.update(saved_search).where(saved_search.c.id == bad.id).values(query={"modality": "\x01"})
        tx.execute(spoilt)  # as it was kept before
        saved.save(ada, "结节", Query(text="结节"))
        counted = {one.name: one.new for one in saved.own(ada)}
        saved.end(ada, bad.id)

        assert counted == {"坏的": None, "结节": 0}
        assert [one.name for one in saved.own(ada)] == ["结节"]


def test_new_reports_are_counted_among_the_newest_alone(
    engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "LOOKED_THROUGH", 1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, UNSAMPLED)
        saved.save(ctx(tx, clinic, clinic.ada, now), "结节", Query(text="结节"))
        for minute in (1, 2):
            case = arrive(tx, clinic, f"1.{minute}", now)
            read(tx, clinic, clinic.ada, case.id, now + timedelta(minutes=minute), NODULE)
        (mine,) = saved.own(ctx(tx, clinic, clinic.ada, now + DAY))

        assert mine.new == 1


def test_a_category_of_a_form_is_found_and_the_migration_writes_the_same_rows(
    engine: Engine, now: datetime, clinic: Clinic
) -> None:
    with transaction(engine) as tx:
        case = arrive(tx, clinic, "1.1", now, modality="MR", body_part="PROSTATE", sex="M")
        offered = templates.offers(ctx(tx, clinic, clinic.ada, now), case.id)
        form = next(one.template for one in offered if one.template.key == "prostate-mr")
        lesions = next(one for one in form.document.fields if one.name == "lesions")
        each = [{column.name: value_of(column, option) for column in lesions.columns} for option in (1, 3)]
        filled = {"template": form.id, "values": {**mandatory(form.document), "lesions": each}}
        read(tx, clinic, clinic.ada, case.id, now, replace(NODULE, form=filled))
        tables = (report_search, report_search_person, report_search_code)
        entered = {table.name: rows(tx, table) for table in tables}
        for table in reversed(tables):
            tx.execute(sa.delete(table))
        migration()._fill(tx)
        filled_rows = {table.name: rows(tx, table) for table in tables}

        assert entered["report_search_code"] == [(code, case.id) for code in ("PI-RADS2", "PI-RADS4")]
        assert filled_rows == entered
        sought = ("pi-rads 4", "PI-RADS", "PI-RADS：4", "PI-RADS 5", "BI-RADS", "RADS 4")
        hits = [bool(found(tx, clinic, clinic.ada, Query(category=each), now)) for each in sought]
        assert hits == [True, True, True, False, False, False]


def rows(tx: Connection, table: sa.Table) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in tx.execute(sa.select(table))), key=repr)


def migration() -> Any:
    """The module of the migration that makes reports findable that were released before."""
    (path,) = (Path(storage.__file__).parent / "migrations" / "versions").glob("*_report_search.py")
    spec = importlib.util.spec_from_file_location("report_search_migration", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_search_reads_no_table_from_end_to_end_but_the_words_on_sqlite(
    engine: Engine, now: datetime, clinic: Clinic
) -> None:
    with transaction(engine) as tx:
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now, NODULE)
    query = Query(text="磨玻璃", category="BI-RADS 4", signer="Ada", since=now)
    asked = finding._asked

    def ask(tx: Connection) -> None:
        tx.execute(asked(tx, clinic.ada, query, now)).all()

    plan = plans_of(engine, ask)[-1]

    def seek(tx: Connection) -> None:
        tx.execute(sa.select(report_search.c.case_id).where(*finding._conditions(tx, Query(text="磨玻璃")))).all()

    (words,) = plans_of(engine, seek)

    for table in ("case", "report_version", "report_search_code", "report_search_person"):
        assert not reads_through(plan, table), plan
    if engine.dialect.name == "postgresql":
        assert "ix_report_search_grams" in words, words


def test_what_was_withheld_meanwhile_is_not_opened(engine: Engine, now: datetime, clinic: Clinic) -> None:
    with transaction(engine) as tx:
        kept, gone = (arrive(tx, clinic, uid, now).id for uid in ("1.1", "1.2"))
        for one in (kept, gone):
            read(tx, clinic, clinic.ada, one, now, NORMAL)
        asks = ctx(tx, clinic, clinic.ada, now)
        hits = finding.look_up(asks, Query(), limit=50)
        withhold.withhold(ctx(tx, clinic, clinic.mona, now), gone, why="患者错误")

        assert len(hits.version_ids) == 2
        assert [one.case_id for one in finding.shown(asks, hits).versions] == [kept]
