"""What somebody seeks stands in no address: it is sealed for their session, and opens nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from reading.kinds import Role
from storage.database import transaction
from tests.reading.region import hire
from tests.viewer.house import House
from viewer import app as viewer_app
from viewer.folders import TEMPLATES
from viewer.http.sought import LASTS, LONGEST, LONGEST_ADDRESS, NAME, SEARCHES

WEB = Path(__file__).parents[3] / "viewer" / "web" / "src"
STATIC = Path(__file__).parents[3] / "viewer" / "static"

SAYS_NOBODY = frozenset(
    {
        NAME,  # sealed
        *("done", "made", "cancelled", "ended", "over", "missing", "next", "to"),  # what was done, and where it goes on
        *("page", "size", "limit", "offset", "skip", "after", "sort", "descending", "counts"),
        *("days", "day", "since", "until", "at", "month", "year", "unit"),
        *("state", "stage", "tier", "step", "tab", "group", "decided", "by", "past"),
        *("modality", "part", "body_part", "service", "adjusts", "price", "measure"),
        # Ids that this service made, of rows and never of studies; codes of organisations and roles.
        *("site", "org", "place", "role", "reader", "under", "call", "edit", "ratio", "collection", "case", "order"),
        *("version", "start", "before", "scenario"),
    }
)
"""The parameters that an address may have. A new one is judged before it stands here: what people type stands in a
body, or is sealed (`viewer.http.sought`)."""
SEEKS_NO_PERSON = {
    ("/t/order", "patient"): "the id of a record at the register",
    ("/teaching", "q"): "entries for teaching, which carry nothing of a person",
    ("/teaching", "diagnosis"): "as above",
    ("/office/numbers/cases", "person"): "the id of a member of staff",
}
SEEN_BY_ALL = re.compile(r'<input(?![^>]*type="(?:hidden|checkbox|radio|date|month|datetime-local|number)")[^>]*>')


def every_parameter() -> Iterator[tuple[str, str, str]]:
    for route in viewer_app.routes():
        if isinstance(route, APIRoute):
            for name in parameters(route.dependant):
                yield route.path, name, "/".join(sorted(route.methods or ()))


def parameters(dependant: Dependant) -> Iterator[str]:
    for one in dependant.query_params:
        kind = one.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from kind.model_fields
        else:
            yield one.alias
    for inner in dependant.dependencies:
        yield from parameters(inner)


def test_no_address_has_a_parameter_that_may_name_somebody() -> None:
    asked = list(every_parameter())
    unknown = [one for one in asked if one[1] not in SAYS_NOBODY and one[:2] not in SEEKS_NO_PERSON]

    assert unknown == []
    assert {name for _, name, _ in asked} >= SAYS_NOBODY - {"made"}  # what no route has any longer leaves the list


def test_no_form_writes_what_is_typed_into_an_address() -> None:
    """Of forms that are not posted: a field in which people type freely, by the template and its name."""
    wrong: list[tuple[str, str]] = []
    forms = 0
    for template in sorted(TEMPLATES.glob("*.html")):
        for form in re.findall(r"<form\b.*?</form>", template.read_text(), re.DOTALL):
            head = form.partition(">")[0]
            if 'method="post"' in head or (template.name == "shell.html" and 'class="card stack"' in head):
                continue  # the lock is sent by its script alone
            forms += 1
            address = re.search(r'action="([^"?]+)', head)
            for field in SEEN_BY_ALL.findall(form):
                name = re.search(r'name="([^"]+)"', field)
                where = (address[1] if address else "", name[1] if name else "")
                if where not in SEEKS_NO_PERSON:
                    wrong.append((template.name, where[1]))

    assert wrong == []
    assert forms > 10
    scripts = [*WEB.rglob("*.ts"), *STATIC.glob("*.js")]
    assert [one.name for one in scripts if re.search(r"""method=["']?get""", one.read_text())] == []
    assert [one.name for one in scripts if re.search(r"[?&](q|name|card|number|words)=", one.read_text())] == []


def test_every_form_of_a_search_names_a_page_that_seeks_and_its_fields() -> None:
    """A field that the page's line in `SEARCHES` lacks would be lost on the way."""
    known = {one.page: {*one.sealed, *one.plain} for one in SEARCHES}
    found: set[str] = set()
    for template in TEMPLATES.glob("*.html"):
        for form in re.findall(r'<form\b[^>]*action="/sought".*?</form>', template.read_text(), re.DOTALL):
            said = re.search(r'name="page" value="([^"]+)"', form)
            assert said is not None, template.name
            page = re.sub(r"\{\{ row.case_id \}\}", "{case_id}", said[1])
            names = set(re.findall(r' name="(\w+)"', form)) - {"page", "csrf_token"}
            free = re.findall(r'<input[^>]*type="search"[^>]*>|<input(?![^>]*type=)[^>]*>', form)
            assert all('autocomplete="off"' in one for one in free), template.name  # a browser keeps no names
            if page != "{{ frame.search.address }}":
                found.add(page)
                assert names <= known[page], template.name

    assert found == set(known)


@pytest.fixture
def tang(house: House) -> httpx.Client:
    house.case("1.2.840.1", patient_name="王^小丽")
    house.case("1.2.840.2", patient_name="陈^大海", patient_id="P2")
    return house.signed_in("tang")


def typed(page: str) -> str:
    """What stands in the field of the search."""
    field = re.search(r'<input id="q" [^>]*value="([^"]*)"', page)
    assert field is not None
    return field[1]


def seek(client: httpx.Client, page: str, **words: str) -> str:
    """The address to which the form of a search leads."""
    form = {"csrf_token": client.headers["X-CSRF-Token"], "page": page, **words}
    answer = client.post("/sought", data=form)
    assert answer.status_code == 303
    return answer.headers["location"]


def test_a_search_is_reloaded_polled_and_parted_from_what_is_plain(house: House, tang: httpx.Client) -> None:
    address, again = (seek(tang, "/t", q=" 王小丽 ", days="30") for _ in range(2))
    page, reloaded = tang.get(address).text, tang.get(address).text
    poll = re.search(r'data-poll="(/t/list\?[^"]+)"', page)
    assert poll is not None
    part = tang.get(poll[1].replace("&amp;", "&")).text

    assert re.fullmatch(r"/t\?sought=[\w%-]+&days=30", address)
    assert again != address  # nobody tells two searches for the same person
    assert len(seek(tang, "/t", q="11010519491231002X", days="30")) == len(address)
    for shown in (page, reloaded, part):
        assert ("王小丽" in shown, "陈大海" in shown) == (True, False)
    assert typed(page) == "王小丽"
    assert "王小丽" not in unquote(poll[1])
    assert seek(tang, "/t", q=" ", days="7") == "/t?days=7"


def test_a_search_that_is_foreign_old_or_changed_says_so_and_shows_nobody(house: House, tang: httpx.Client) -> None:
    address = seek(tang, "/t", q="王小丽", days="30")
    changed = address.replace("sought=A", "sought=B")
    answers = {
        "another session": house.signed_in("tang").get(address),
        "changed": tang.get(changed),
        "cut": tang.get(address.partition("&")[0][:-9]),
        "nonsense": tang.get("/t", params={"sought": "王 \0"}),
        "another page": tang.get(seek(tang, "/reports", q="王小丽").replace("/reports", "/t")),
    }
    for _ in range(LASTS // timedelta(minutes=9) + 1):
        house.now += timedelta(minutes=9)
        tang.post("/api/session/here", json={})
    answers["old"] = tang.get(address)
    part = tang.get(address.replace("/t?", "/t/list?"))
    another_person = house.signed_in("ada").get(address)

    assert (another_person.status_code, another_person.headers["location"]) == (303, "/")  # to a page of her own
    assert changed != address
    for what, answer in answers.items():
        assert answer.status_code == 422, what
        assert "这次检索已失效" in answer.text, what
        assert typed(answer.text) == "", what
        assert "陈大海" not in answer.text, what  # a list of others is not taken for what was sought
    assert (part.status_code, "这次检索已失效" in part.text) == (200, True)


def test_what_makes_too_long_an_address_is_refused_in_words(tang: httpx.Client) -> None:
    """Each field may have 200 characters; what stands between here and a browser answers 414 to ten of them."""
    fields = next(one for one in SEARCHES if one.page == "/reports").sealed
    fits = seek(tang, "/reports", **dict.fromkeys(fields[:2], "骨" * LONGEST))
    form = {"csrf_token": tang.headers["X-CSRF-Token"], "page": "/reports", **dict.fromkeys(fields, "骨" * LONGEST)}
    refused = tang.post("/sought", data=form)

    assert len(fits) <= LONGEST_ADDRESS
    assert (refused.status_code, "输入的检索内容太长" in refused.text) == (422, True)


def test_all_pages_that_seek_answer_a_search_that_lapsed_alike(house: House, tang: httpx.Client) -> None:
    with transaction(house.engine) as tx:
        city = house.clinic.region.city
        hire(tx, "sue", house.now, (Role.AUDIT_ADMINISTRATOR, city))
        hire(tx, "sam", house.now, (Role.SYSTEM_ADMINISTRATOR, city))
    case = house.case("1.2.840.3")
    who = {"/office/audit": house.signed_in("sue"), "/office/people": house.signed_in("sam")}
    pages = [one.page.replace("{case_id}", case.id) for one in SEARCHES]
    answers = {page: who.get(page, tang).get(page, params={"sought": "x"}) for page in pages}

    for page, answer in answers.items():
        assert (answer.status_code, "这次检索已失效" in answer.text) == (422, True), page
        assert "card empty" not in answer.text, page  # that nobody was found would be untrue
    assert "ada" not in answers["/office/people"].text


def test_an_address_that_says_openly_what_is_sought_lists_nobody(house: House, tang: httpx.Client) -> None:
    with transaction(house.engine) as tx:
        hire(tx, "sue", house.now, (Role.AUDIT_ADMINISTRATOR, house.clinic.region.city))
    sue = house.signed_in("sue")
    answers = [tang.get("/t?q=王小丽"), tang.get("/reports?signer=Ada"), sue.get("/office/audit?kind=patient&about=x")]

    for answer in answers:
        assert (answer.status_code, "地址中不再带有检索内容" in answer.text) == (422, True), answer.url.path
        assert ("王小丽" in answer.text, "card empty" in answer.text) == (False, False)


def test_a_switch_of_language_or_theme_keeps_what_is_sought_and_where_one_is_in_it(
    house: House, tang: httpx.Client
) -> None:
    address = seek(tang, "/t", q="王小丽", days="30", stage="to_match")
    switches = re.findall(r'href="(/(?:language|theme)\?[^"]+)"', tang.get(address).text)
    back = [tang.get(one.replace("&amp;", "&")).headers["location"] for one in switches]
    page = tang.get(back[0]).text
    openly = tang.get("/t?q=王小丽&days=30").text

    assert len(back) == 2
    assert back == [address] * 2
    assert ("王小丽" in page, "陈大海" in page, typed(page)) == (True, False, "王小丽")
    assert '<html lang="en"' in page
    assert not any("王小丽" in unquote(one) for one in re.findall(r'href="(/(?:language|theme)\?[^"]+)"', openly))


def test_only_pages_that_seek_are_led_to(tang: httpx.Client) -> None:
    token = {"csrf_token": tang.headers["X-CSRF-Token"], "q": "王小丽"}

    for page in ("/quality", "//evil.example", "/t/case/x/order", "/t?x=", "/t\n"):
        assert tang.post("/sought", data={**token, "page": page}).status_code == 404, page
    assert tang.post("/sought", data={"page": "/t", "q": "x"}).status_code == 403
    assert tang.post("/sought", data={**token, "page": "/t", "q": "王" * 201}).status_code == 422


def test_a_locked_page_goes_on_with_the_search_and_a_new_session_types_it_again(
    house: House, tang: httpx.Client
) -> None:
    address = seek(tang, "/t", q="王小丽")
    house.now += timedelta(minutes=11)
    locked = tang.get(address).headers["location"]
    house.now += timedelta(hours=1)
    over = tang.get(address).headers["location"]
    kept = tang.post("/sought", data={"csrf_token": "x", "page": "/t", "q": "王小丽"})

    assert locked.startswith("/account/proof?next=/t%3Fsought%3D")
    assert over == "/sign-in?next=/t"
    assert (kept.status_code, 'name="kept"' in kept.text, "王小丽" in kept.text) == (401, True, False)


def test_the_worklist_is_searched_by_a_body_and_no_address(house: House) -> None:
    house.case("1.2.840.1", patient_name="王^小丽")
    ada, quinn = house.signed_in("ada"), house.signed_in("quinn")
    found = ada.post("/api/cases/search", json={"q": "王小丽"})
    plain = ada.get("/api/cases").json()
    refused = ada.get("/api/cases", params={"q": "王小丽"})

    assert found.json()["total"] == 1
    assert found.headers["ETag"].startswith('W/"')
    assert found.json() == plain
    assert quinn.post("/api/cases/search", json={"q": "王小丽"}).json()["total"] == 0
    assert (refused.status_code, refused.json()["field"]) == (422, "q")
    assert "王小丽" not in refused.text
