"""The house has rooms: a path says where a line lives, and the tests stand in the same rooms (docs/house.md)."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import pytest

from tests.standard.test_settings_docs import REPOSITORY

PACKAGES: Final = ("storage", "pacs", "reading", "viewer", "service")
OUTSIDE: Final = 12
"""Most modules of a package that stand beside its rooms, on the ground of all of them."""
LONGEST: Final = 400
"""Lines of a module; migrations and data are what they are."""
DATA: Final = ("locale", "migrations", "static", "templates", "typst", "web")
"""Folders of a package that are no rooms."""


def rooms_of(package: Path) -> list[Path]:
    return sorted(each for each in package.iterdir() if (each / "__init__.py").exists() and each.name not in DATA)


def sentence_of(room: Path) -> str:
    said = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8")))
    return (said or "").splitlines()[0]


def modules_of(package: str) -> list[Path]:
    return [path for path in sorted((REPOSITORY / package).rglob("*.py")) if not {"migrations", "web"} & {*path.parts}]


@pytest.mark.parametrize("package", PACKAGES)
def test_few_modules_stand_outside_rooms(package: str) -> None:
    outside = [path.name for path in (REPOSITORY / package).glob("*.py") if path.name != "__init__.py"]

    assert len(outside) <= OUTSIDE, outside


@pytest.mark.parametrize("package", PACKAGES)
def test_every_room_and_module_says_in_its_first_line_what_it_is(package: str) -> None:
    silent = [
        str(path.relative_to(REPOSITORY))
        for path in modules_of(package)
        if not (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").strip()
    ]

    assert silent == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_is_longer_than_anybody_reads(package: str) -> None:
    long = {
        str(path.relative_to(REPOSITORY)): lines
        for path in modules_of(package)
        if (lines := len(path.read_text("utf-8").splitlines())) > LONGEST
    }

    assert long == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_tests_have_the_same_rooms(package: str) -> None:
    rooms = {room.name for room in rooms_of(REPOSITORY / package)}
    tested = {room.name for room in rooms_of(REPOSITORY / "tests" / package)}

    assert tested - rooms == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_test_of_a_module_has_its_name(package: str) -> None:
    """A test file that stands in a room is named for a module of it, or for what several modules do together."""
    rooms = {room.name: {path.stem for path in room.glob("*.py")} for room in rooms_of(REPOSITORY / package)}
    elsewhere = [
        f"{room.name}/{test.name} is a test of {other}/{name}.py"
        for room in rooms_of(REPOSITORY / "tests" / package)
        for test in room.glob("test_*.py")
        if (name := test.stem.removeprefix("test_")) not in rooms[room.name]
        for other, modules in rooms.items()
        if name in modules
    ]

    assert elsewhere == []


def test_the_page_lists_every_room_with_its_sentence() -> None:
    page = (REPOSITORY / "docs" / "house.md").read_text("utf-8")
    rooms = {
        f"| `{package}/{room.name}/` | {sentence_of(room)} |"
        for package in PACKAGES
        for room in rooms_of(REPOSITORY / package)
    }

    assert sorted(rooms - set(page.splitlines())) == []
