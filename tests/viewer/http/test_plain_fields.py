"""Every field for a number or a code takes it as an input method for Chinese writes it, at every entry."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from reading.texts import NUMBERS
from viewer import app as viewer_app

TYPED: Final = "　１２\u200b"
"""Twelve, after an ideographic space and before a sign that nobody sees."""
OTHERWISE: Final = {
    ("/api/patient/links", "passcode"): "whether there is to be one",
    ("/p/links", "passcode"): "as above: a box",
    ("/api/account/settings/{name}", "value"): "a setting, as its own JSON",
}
"""Fields of such a name whose kind is another."""


def entries() -> Iterator[tuple[str, str, FieldInfo]]:
    for route in viewer_app.routes():
        if isinstance(route, APIRoute):
            for one in fields(route.dependant):
                yield route.path, *one


def fields(dependant: Dependant) -> Iterator[tuple[str, FieldInfo]]:
    for one in dependant.body_params:
        yield from inside(one.alias, one.field_info)
    for inner in dependant.dependencies:
        yield from fields(inner)


def inside(name: str, info: FieldInfo) -> Iterator[tuple[str, FieldInfo]]:
    models = [one for one in parts(info.annotation) if isinstance(one, type) and issubclass(one, BaseModel)]
    for model in models:
        for each, field in model.model_fields.items():
            yield from inside(each, field)
    if not models:
        yield name, info


def parts(annotation: Any) -> Iterator[Any]:
    """The types in an annotation: of a union, a list, what stands in it."""
    if get_origin(annotation) in {Union, types.UnionType, list, tuple, Annotated}:
        for each in get_args(annotation):
            yield from parts(each)
    else:
        yield annotation


def taken(info: FieldInfo, said: Any) -> Any:
    kind: Any = info.annotation
    for one in info.metadata:
        kind = Annotated[kind, one]
    return TypeAdapter(kind).validate_python(said)


def is_typed(info: FieldInfo) -> bool:
    """Whether people type into it: no choice, no time that a program writes."""
    return any(one in {str, int} for one in parts(info.annotation)) and get_origin(info.annotation) is not Literal


ASKED: Final = [one for one in entries() if one[1] in NUMBERS and is_typed(one[2]) and one[:2] not in OTHERWISE]


@pytest.mark.parametrize(("path", "name", "info"), ASKED, ids=[" ".join(one[:2]) for one in ASKED])
def test_a_number_is_taken_as_it_is_typed(path: str, name: str, info: FieldInfo) -> None:
    several = get_origin(info.annotation) in {list, tuple}
    try:
        found = taken(info, [TYPED] if several else TYPED)
    except ValidationError as refused:
        pytest.fail(f"{path} {name}: {refused}")

    assert str(found[0] if several else found) == "12"


def test_there_are_fields_of_every_name() -> None:
    assert {name for _, name, _ in entries()} >= NUMBERS - {"accession_number"}
