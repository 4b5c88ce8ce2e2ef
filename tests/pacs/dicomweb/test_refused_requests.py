"""Every route: nobody is sent away, and another site hears what it would hear of a thing that is not there."""

from __future__ import annotations

import re

from starlette.routing import Route

from pacs.dicomweb.routes import routes_of
from tests.builders import image, new_uid
from tests.dicomweb import Web

ROUTES = [
    "/studies/{study}",
    "/studies/{study}/metadata",
    "/studies/{study}/thumbnail",
    "/studies/{study}/series",
    "/studies/{study}/instances",
    "/studies/{study}/series/{series}",
    "/studies/{study}/series/{series}/metadata",
    "/studies/{study}/series/{series}/thumbnail",
    "/studies/{study}/series/{series}/instances",
    "/studies/{study}/series/{series}/instances/{instance}",
    "/studies/{study}/series/{series}/instances/{instance}/metadata",
    "/studies/{study}/series/{series}/instances/{instance}/rendered",
    "/studies/{study}/series/{series}/instances/{instance}/thumbnail",
    "/studies/{study}/series/{series}/instances/{instance}/frames/{numbers}",
    "/studies/{study}/series/{series}/instances/{instance}/frames/{numbers}/rendered",
    "/studies/{study}/series/{series}/instances/{instance}/frames/{numbers}/thumbnail",
    "/studies/{study}/series/{series}/instances/{instance}/bulkdata/{path:path}",
]
SEARCHES = ["/studies", "/series", "/instances"]


def test_another_site_hears_that_it_is_not_there(web: Web) -> None:
    sent = image()
    web.send(sent)
    uids = {"study": sent.StudyInstanceUID, "series": sent.SeriesInstanceUID, "instance": sent.SOPInstanceUID}
    absent = {key: new_uid() for key in uids}
    rest = {"numbers": "1", "path:path": "7FE00010"}
    for route in ROUTES:
        theirs = web.quinn.get(filled(route, {**uids, **rest}))
        nothing = web.quinn.get(filled(route, {**absent, **rest}))
        seen = web.ada.get(filled(route, {**uids, **rest}))
        signed_out = web.nobody.get(filled(route, {**uids, **rest}))

        assert seen.status_code == 200, route
        assert seen.json() if "json" in seen.headers["content-type"] else seen.content
        assert (theirs.status_code, theirs.content) == (nothing.status_code, nothing.content)
        assert theirs.status_code == 404 or theirs.json() == []
        assert names(theirs.headers) == names(nothing.headers)
        assert signed_out.status_code == 401


def test_searches_are_for_those_whom_we_know(web: Web) -> None:
    web.send(image())
    for route in SEARCHES:
        assert web.nobody.get(route).status_code == 401
        assert web.quinn.get(route).json() == []
        assert len(web.ada.get(route).json()) == 1


def test_this_table_knows_every_route() -> None:
    routes = routes_of(None, None, None, None).routes  # type: ignore[arg-type]
    paths = {route.path.removeprefix("/dicomweb") for route in routes if isinstance(route, Route)}

    assert paths == {*ROUTES, *SEARCHES}


def test_what_no_route_takes_is_a_problem_too(web: Web) -> None:
    absent, wrong = web.ada.get("/no-such-thing"), web.ada.delete("/studies/1.2")

    assert (absent.status_code, absent.json()["type"]) == (404, "/problems/not-there")
    assert web.ada.put("/series").headers["allow"] == "GET, HEAD"
    assert (wrong.status_code, wrong.headers["allow"], wrong.json()["status"]) == (405, "GET, HEAD, POST", 405)
    assert absent.headers["content-type"] == wrong.headers["content-type"] == "application/problem+json"


def test_each_look_passes_the_door(web: Web) -> None:
    sent = image()
    path = web.send(sent)
    for below in ("", "/metadata", "/frames/1", "/rendered", "/thumbnail", "/bulkdata/7FE00010"):
        assert web.ada.get(path + below).status_code == 200

    assert [action for _, action in web.looks] == [
        "retrieve", "metadata", "frames", "rendered", "thumbnail", "retrieve"
    ]  # fmt: skip


def filled(route: str, values: dict[str, str]) -> str:
    return re.sub(r"\{([^}]+)\}", lambda found: values[found[1]], route)


def names(headers: object) -> list[str]:
    return sorted(name for name in dict(headers) if name != "date")  # type: ignore[call-overload]
