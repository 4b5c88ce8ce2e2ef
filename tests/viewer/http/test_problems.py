"""Every error has its answer, in the form and the language of whoever asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pacs.dicomweb.problems import DicomwebProblem
from reading import errors
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotDone, Stale
from service.processes.http_guard import UNFORESEEN
from tests.viewer.house import House
from viewer.http.problems import BY_STATUS, TABLE, ViewerError, problem_of
from viewer.words.catalogue import Language, catalogue

DESK = Path(__file__).parents[3] / "viewer" / "web" / "src" / "api" / "problem.ts"


def kinds(base: type[Exception]) -> set[type[Exception]]:
    return {kind for below in base.__subclasses__() for kind in {below, *kinds(below)}}


def test_every_error_of_ours_is_in_the_table() -> None:
    ours = kinds(NotDone) | kinds(ViewerError)

    assert ours - TABLE.keys() == set()


def test_every_problem_that_the_server_sends_has_its_sentences_and_the_desk_knows_it() -> None:
    unforeseen = str(UNFORESEEN["type"]).removeprefix("/problems/")
    sent = {kind.slug for kind in TABLE.values()} | {*BY_STATUS.values(), "failed", unforeseen}
    sent |= {kind.slug for kind in kinds(DicomwebProblem) if issubclass(kind, DicomwebProblem)}
    desk = re.search(r"const SLUGS = \[(.*?)\]", DESK.read_text("utf-8"), re.DOTALL)

    assert desk is not None
    assert set(re.findall(r"'([a-z-]+)'", desk[1])) == sent
    for language in Language:
        missing = {f"problem.{slug}{end}" for slug in sent for end in ("", ".advice")} - catalogue(language).keys()
        assert missing == set()


@pytest.mark.parametrize(
    ("error", "status", "slug", "fields"),
    [
        (Stale(3), 409, "stale", {"expected": 3}),
        (NotAllowed("one_person_one_role"), 403, "not-allowed", {"rule": "one_person_one_role"}),
        (MoveNotAllowed("final", "sign"), 409, "move-not-allowed", {"state": "final", "move": "sign"}),
        (Invalid("why", "required"), 422, "invalid", {"field": "why", "problem": "required"}),
    ],
)
def test_an_error_keeps_its_fields(error: Exception, status: int, slug: str, fields: dict[str, object]) -> None:
    problem = problem_of(error)

    assert (problem.status, problem.slug, problem.fields) == (status, slug, fields)


def test_wrong_json_is_answered_with_the_place_of_the_fault(house: House) -> None:
    ada = house.signed_in("ada")

    broken = ada.post("/api/cases/claim", content=b"{", headers={"Content-Type": "application/json"})
    unknown = ada.post("/api/cases/claim", json={"step": "guess"})
    more = ada.post("/api/cases/claim", json={"else": 1})

    assert [answer.status_code for answer in (broken, unknown, more)] == [422, 422, 422]
    assert unknown.json()["type"] == "/problems/invalid"
    assert unknown.json()["field"] == "step"
    assert more.json()["field"] == "else"
    assert "guess" not in unknown.text  # what was typed is never said back


def test_what_is_not_there_is_a_problem_for_programs_and_a_page_for_people(house: House) -> None:
    ada = house.signed_in("ada")

    program = ada.get("/api/nothing")
    person = ada.get("/t/nothing")
    wrong_way = ada.delete("/api/cases")

    assert (program.status_code, program.json()["type"]) == (404, "/problems/not-there")
    assert (person.status_code, person.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "没有找到" in person.text
    assert (wrong_way.status_code, wrong_way.json()["type"]) == (405, "/problems/method-not-allowed")


def test_a_browser_at_an_address_that_leads_nowhere_is_shown_a_page_in_the_frame(house: House) -> None:
    ada, browser = house.signed_in("ada"), {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

    page, script = ada.get("/nowhere", headers=browser), ada.get("/nowhere")
    program = ada.get("/api/nothing", headers=browser)

    assert (page.status_code, 'class="rail"' in page.text, "没有找到" in page.text) == (404, True, True)
    assert '<link rel="icon" href="data:,">' in page.text  # else it asks for /favicon.ico, which is nowhere, too
    assert [one.headers["content-type"] for one in (script, program)] == ["application/problem+json"] * 2
    assert 'class="rail"' not in house.client().get("/nowhere", headers=browser).text


def test_whoever_may_not_is_told_which_rule_says_so_and_who_helps(house: House) -> None:
    refused = house.signed_in("ada").get("/office/audit")

    assert refused.status_code == 403
    assert "审计只由审计管理员查看" in refused.text
    assert 'href="/account/help"' in refused.text


def test_an_id_that_is_none_of_ours_is_not_there(house: House) -> None:
    ada = house.signed_in("ada")

    for wrong in ("x", "1" * 300, "01KZZZZZZZZZZZZZZZZZZZZZZ%00", "..%2F..%2Fetc", "' or 1=1"):
        assert ada.get(f"/api/cases/{wrong}").status_code == 404


def test_every_rule_that_forbids_something_is_explained_in_words() -> None:
    rules = {
        rule
        for module in Path(errors.__file__).parent.rglob("*.py")
        for rule in re.findall(r'NotAllowed\("([\w-]+)"\)', module.read_text())
    }

    # The command line alone gives roles.
    rules -= {"administrators-are-different-people", "administrators-see-no-picture", "nobody-audits-themselves"}
    assert {f"rule.{rule}" for rule in rules} <= catalogue(Language.ZH).keys()


def test_the_detail_says_which_rule_in_the_readers_language(house: House) -> None:
    case = house.case("1.2.840.1")
    tang = house.signed_in("tang")
    tang.cookies.set("tierread_language", "en")

    answer = tang.post(f"/api/cases/{case.id}/claim").json()

    assert (answer["rule"], answer["detail"]) == ("no_role_for_this_step", "You hold no role for this step.")
