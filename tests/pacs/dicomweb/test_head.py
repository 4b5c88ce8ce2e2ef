"""HEAD is answered wherever GET is: the same status and fields, the same checks and the same record, and no body."""

from __future__ import annotations

import httpx
import pytest

from tests.builders import image
from tests.dicomweb import Web

RESOURCES = (
    "/studies",
    "/series",
    "/instances",
    "{study}",
    "{study}/series",
    "{study}/instances",
    "{study}/metadata",
    "{study}/thumbnail",
    "{series}",
    "{series}/instances",
    "{series}/metadata",
    "{series}/thumbnail",
    "{instance}",
    "{instance}/metadata",
    "{instance}/bulkdata/7FE00010",
    "{instance}/frames/1",
    "{instance}/frames/9",
    "{instance}/rendered",
    "{instance}/frames/1/rendered",
    "{instance}/thumbnail",
    "{instance}/frames/1/thumbnail",
)


@pytest.mark.parametrize("resource", RESOURCES)
def test_head_is_get_without_its_body(web: Web, resource: str) -> None:
    path = web.send(image(rows=64, columns=64, frames=2))
    study, series = (path.partition(f"/{level}/")[0] for level in ("series", "instances"))
    address = resource.format(study=study, series=series, instance=path)
    got = web.ada.get(address)
    looks_of_get, web.looks[:] = list(web.looks), []
    head = web.ada.head(address)

    assert head.status_code == got.status_code
    assert _fields(head) == _fields(got)
    assert head.content == b""
    assert web.looks == looks_of_get


def test_head_tells_strangers_nothing(web: Web) -> None:
    path = web.send(image())

    for caller in (web.quinn, web.nobody):
        assert caller.head(f"{path}/metadata").status_code == caller.get(f"{path}/metadata").status_code
        assert caller.head(f"{path}/metadata").status_code in (401, 404)


def _fields(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in ("date", "transfer-encoding")}
