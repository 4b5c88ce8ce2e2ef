"""Two who read blind and differ confer: one signs the other's words, or a third person decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.access import blindness, report_seals
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import SigningRole, State
from reading.context import Context
from reading.desk import acts, tab_counts, worklist
from reading.desk.acts import Act
from reading.desk.tab_counts import Counted
from reading.desk.worklist import Filters
from reading.double_reading import comparisons, consensus
from reading.double_reading.discordance import Because, Settled, way
from reading.errors import ChecksOpen, Invalid, MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.reports import versions
from reading.reports.content import Content
from reading.reports.versions import ReportVersion, Status
from reading.signing import withhold
from reading.tables import double_reading
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import Clinic, state
from tests.reading.double_reading.twice import AGAIN, NORMAL, RIGHT, mammogram, open_screening, read_blind

OFFERED = {Act.PROPOSE, Act.ACCORD, Act.DISSENT}


@pytest.mark.parametrize(("because", "confers"), list(product((None, *Because), (False, True))))
def test_whom_two_readings_are_settled_by(because: Because | None, *, confers: bool) -> None:
    expected = Settled.RELEASED if because is None else Settled.ARBITER
    if confers and because in {Because.DISCORDANT, Because.RECALL, Because.NOT_NORMAL}:
        expected = Settled.CONSENSUS

    assert way(because, confers=confers) is expected


def differing(tx: Connection, now: datetime, second: Content = RIGHT) -> tuple[Clinic, Case]:
    """Ada finds nothing and Vera does; their rule lets them confer for an hour."""
    clinic = open_screening(tx, now, consensus_minutes=60)
    case = mammogram(tx, clinic, "1.1", now)
    read_blind(tx, clinic, clinic.ada, case.id, now, NORMAL)
    read_blind(tx, clinic, clinic.vera, case.id, now, second)
    return clinic, cases.by_id(tx, case.id)


def by(tx: Connection, clinic: Clinic, who: Staff, now: datetime) -> Context[Staff]:
    return Context(tx, clinic.audit, now, who, clinic.seal.public_key)


def agree(ctx: Context[Staff], clinic: Clinic, case_id: str, number: int, seen: int | None = None) -> ReportVersion:
    """Sign the version of this number."""
    offered = {one.number: one.id for one in versions.of_case(ctx.tx, case_id)}
    return consensus.accord(ctx, clinic.seal, case_id, version_id=offered[number], seen=seen)


@pytest.mark.parametrize(("who", "adopted"), [("ada", 2), ("vera", 1)])
def test_whoever_signs_the_others_words_releases_them_with_both_names(
    engine: Engine, now: datetime, who: str, adopted: int
) -> None:
    with transaction(engine) as tx:
        clinic, case = differing(tx, now)
        one: Staff = getattr(clinic, who)
        before, tier = case.state, case.tier
        released = agree(by(tx, clinic, one, now), clinic, case.id, adopted, seen=case.revision)
        signed = {each.role: each.person_id for each in versions.signatures_on(tx, [released.id])}
        kept = tx.scalar(sa.select(double_reading.c.consensus_version_id))

        assert (before, tier, state(tx, case.id)) == (State.CONFERRING, "county", State.FINAL)
        assert (released.number, released.status, kept) == (adopted, Status.FINAL, released.id)
        assert signed == {SigningRole.AUTHOR: clinic.ada.person_id, SigningRole.SECOND: clinic.vera.person_id}
        assert report_seals.flaws_of(tx, [released], clinic.seal.public_key) == {released.id: frozenset()}
        with pytest.raises(MoveNotAllowed):
            consensus.dissent(by(tx, clinic, one, now), case.id, why="!")


COMMON = replace(RIGHT, findings="右侧乳腺外上象限不规则肿块，建议点压", impression="右侧乳腺肿块，BI-RADS 4B")


def test_one_writes_a_text_for_both_and_the_other_one_signs_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic, case = differing(tx, now)
        ada, vera, ben = (by(tx, clinic, who, now) for who in (clinic.ada, clinic.vera, clinic.ben))

        def propose(ctx: Context[Staff], content: Content, **known: int) -> ReportVersion:
            return consensus.propose(ctx, clinic.seal, case.id, content=content, **known)

        def seen(ctx: Context[Staff]) -> list[tuple[int, Status]]:
            found = blindness.open_readings(ctx, cases.by_id(tx, case.id))
            return [(one.version.number, one.version.status) for one in found]

        with pytest.raises(Invalid, match="required"):
            propose(ada, replace(COMMON, opinion=None))
        with pytest.raises(ChecksOpen):
            propose(ada, replace(COMMON, findings="大小约____mm"))
        with pytest.raises(NotAllowed):
            propose(ben, COMMON)
        first = propose(ada, replace(COMMON, impression="右侧乳腺肿块"), seen=case.revision)
        with pytest.raises(Stale):
            propose(vera, COMMON, seen=case.revision)
        second = propose(vera, COMMON)
        told = {ctx.who.username: seen(ctx) for ctx in (ada, vera, ben)}
        waiting = state(tx, case.id)
        for number, ctx in ((first.number, vera), (second.number, vera), (1, ada)):
            with pytest.raises(Stale):  # taken back, or their own
                agree(ctx, clinic, case.id, number)
        released = agree(ada, clinic, case.id, second.number)
        signed = {each.role: each.person_id for each in versions.signatures_on(tx, [released.id])}

        assert (first.number, second.number, waiting) == (3, 4, State.CONFERRING)
        blind = [(1, Status.BLIND), (2, Status.BLIND)]
        withdrawn, proposed = (3, Status.WITHDRAWN), (4, Status.PROPOSED)
        assert told == {"ada": [*blind, withdrawn, proposed], "vera": [*blind, proposed], "ben": blind}
        assert (state(tx, case.id), released.status, released.content) == (State.FINAL, Status.FINAL, COMMON)
        assert signed == {SigningRole.AUTHOR: clinic.ada.person_id, SigningRole.SECOND: clinic.vera.person_id}
        assert report_seals.flaws_of(tx, [released], clinic.seal.public_key) == {released.id: frozenset()}


@pytest.mark.parametrize("how", ["dissent", "their time is over", "their own reading", "withheld and restored"])
def test_a_text_that_was_not_agreed_goes_with_the_conference(engine: Engine, now: datetime, how: str) -> None:
    with transaction(engine) as tx:
        clinic, case = differing(tx, now)
        ada, vera, ben, mona = (by(tx, clinic, who, now) for who in (clinic.ada, clinic.vera, clinic.ben, clinic.mona))
        made = consensus.propose(vera, clinic.seal, case.id, content=COMMON)
        match how:
            case "dissent":
                consensus.dissent(ada, case.id, why="仍有分歧")
            case "their time is over":
                consensus.end_due(Context(tx, clinic.audit, now + timedelta(hours=2), SYSTEM))
            case "their own reading":
                agree(ada, clinic, case.id, 2)
            case _:
                withhold.withhold(ben, case.id, why="图像有误")
                gone = versions.by_id(tx, made.id).status
                withhold.restore(mona, clinic.seal, case.id, why="无误")

        kept = versions.by_id(tx, made.id).status
        assert kept is (Status.PROPOSED if how == "withheld and restored" else Status.WITHDRAWN)
        assert how != "withheld and restored" or (gone, state(tx, case.id)) == (Status.WITHDRAWN, State.CONFERRING)


def test_a_case_that_confers_is_among_the_work_of_its_two_readers_and_of_nobody_else(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic, case = differing(tx, now)

        def theirs(who: Staff) -> tuple[list[str], int]:
            page = worklist.list_cases(tx, who, Filters(held_by=who.person_id), limit=9, offset=0, now=now)
            return [one.case.id for one in page.entries], tab_counts.counts(tx, who, [Counted.MINE], now)[Counted.MINE]

        assert [theirs(who) for who in (clinic.ada, clinic.vera)] == [([case.id], 1)] * 2
        assert [theirs(who) for who in (clinic.ben, clinic.rosa)] == [([], 0)] * 2
        agree(by(tx, clinic, clinic.ada, now), clinic, case.id, 2)
        assert [theirs(who) for who in (clinic.ada, clinic.vera)] == [([], 0)] * 2


def test_the_two_see_both_readings_with_names_and_nobody_else_is_told_whose_they_are(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now, consensus_minutes=60)
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, NORMAL)

        def seen(who: Staff) -> list[str]:
            found = cases.by_id(tx, case.id)
            return [each.reader for each in blindness.open_readings(by(tx, clinic, who, now), found)]

        alone = {who.username: seen(who) for who in (clinic.ada, clinic.vera, clinic.ben, clinic.tang)}
        read_blind(tx, clinic, clinic.vera, case.id, now, RIGHT)
        both = {who.username: seen(who) for who in (clinic.ada, clinic.vera, clinic.ben, clinic.tang)}
        offered = {
            who.username: OFFERED
            & set(acts.allowed(tx, who, cases.by_id(tx, case.id), None, visible=(), reviews=(), now=now))
            for who in (clinic.ada, clinic.vera, clinic.ben, clinic.mona)
        }
        consensus.dissent(by(tx, clinic, clinic.ada, now), case.id, why="致密腺体，非肿块")
        after = seen(clinic.vera)

        assert alone == {"ada": [""], "vera": [], "ben": [], "tang": []}
        assert both == {"ada": ["Ada", "Vera"], "vera": ["Ada", "Vera"], "ben": ["", ""], "tang": []}
        assert offered == {"ada": OFFERED, "vera": OFFERED, "ben": set(), "mona": set()}
        assert after == ["", ""]
        assert blindness.is_nameless(tx, cases.by_id(tx, case.id))


def test_whoever_dissents_says_why_and_a_third_who_reads_it_decides(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic, case = differing(tx, now)
        with pytest.raises(Invalid, match="empty"):
            consensus.dissent(by(tx, clinic, clinic.vera, now), case.id, why=" ")
        consensus.dissent(by(tx, clinic, clinic.vera, now), case.id, why="毛刺征明确")
        waiting, told = cases.by_id(tx, case.id), comparisons.dissent_on(tx, case.id)
        decided = read_blind(tx, clinic, clinic.ben, case.id, now, RIGHT)

        assert (waiting.state, waiting.tier, told) == (State.WAITING_ARBITRATION, "city", "毛刺征明确")
        assert tx.scalar(sa.select(double_reading.c.dissent_by)) == clinic.vera.person_id
        assert (decided.number, versions.by_id(tx, decided.id).status) == (3, Status.FINAL)


def test_when_their_time_is_over_a_third_person_decides(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic, case = differing(tx, now)
        ended = [
            consensus.end_due(Context(tx, clinic.audit, now + timedelta(minutes=minutes), SYSTEM))
            for minutes in (59, 60, 61)
        ]

        assert ended == [0, 1, 0]
        assert state(tx, case.id) is State.WAITING_ARBITRATION
        assert comparisons.dissent_on(tx, case.id) == ""


def test_only_the_two_confer_and_only_as_the_case_stands(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic, case = differing(tx, now)
        for who, error in ((clinic.ben, NotAllowed), (clinic.mona, NotAllowed), (clinic.quinn, NotThere)):
            with pytest.raises(error):
                agree(by(tx, clinic, who, now), clinic, case.id, 2)
            with pytest.raises(error):
                consensus.dissent(by(tx, clinic, who, now), case.id, why="!")
        with pytest.raises(Stale):
            agree(by(tx, clinic, clinic.ada, now), clinic, case.id, 2, seen=case.revision - 1)

        assert state(tx, case.id) is State.CONFERRING


def test_an_agreed_technical_recall_goes_back_to_the_site(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic, case = differing(tx, now, AGAIN)
        agree(by(tx, clinic, clinic.ada, now), clinic, case.id, 2)

        assert state(tx, case.id) is State.RETURNED
        assert comparisons.standing(tx, case.id) == []


def test_without_minutes_in_the_rule_a_third_person_decides_at_once(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, NORMAL)
        read_blind(tx, clinic, clinic.vera, case.id, now, RIGHT)

        assert state(tx, case.id) is State.WAITING_ARBITRATION
