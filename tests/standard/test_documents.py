"""The documents name what is there: files, commands, metrics, exit codes, and images that compose can start."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
import typer.main
from prometheus_client import Counter, Gauge, Histogram

from service import cli
from service.telemetry import metrics
from tests.standard.test_settings_docs import REPOSITORY

DOCUMENTS: Final = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
CODE: Final = ("service/", "viewer/", "pacs/", "reading/", "storage/", "tests/", "docs/")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    text = document.read_text("utf-8")
    named = {name for name in re.findall(r"`([\w./-]+)`", text) if name.startswith(CODE)}
    linked = set(re.findall(r"\]\((?!https?:)([^)#]+)\)", text))

    assert [name for name in sorted(named) if not (REPOSITORY / name).exists()] == []
    assert [name for name in sorted(linked) if not (document.parent / name).exists()] == []


def test_every_command_that_a_document_types_is_there() -> None:
    root: Any = typer.main.get_command(cli.app)
    unknown: list[str] = []
    for document in DOCUMENTS:
        for line in re.findall(r"^    tierread (.+)$|`tierread ([^`]+)`", document.read_text("utf-8"), re.MULTILINE):
            words = "".join(line).split()
            if "|" in words[0]:
                continue
            command: Any = root
            for word in words:
                if command is None or not hasattr(command, "get_command"):
                    break
                command = command.get_command(None, word)
            options = {option for each in getattr(command, "params", []) for option in each.opts} | {"--help"}
            if command is None or not {word for word in words if word.startswith("--")} <= options:
                unknown.append(" ".join(words))

    assert unknown == []


def test_every_metric_that_operations_names_is_there() -> None:
    page = "".join((REPOSITORY / "docs" / name).read_text("utf-8") for name in ("operations.md", "storage.md"))
    gauges = set(
        re.findall(r'"(tierread_\w+)"', (REPOSITORY / "service" / "processes" / "gauges.py").read_text("utf-8"))
    )
    counted = {each for each in vars(metrics).values() if isinstance(each, Counter | Gauge | Histogram)}
    known = gauges | {f"{each._name}_total" if isinstance(each, Counter) else each._name for each in counted}

    assert set(re.findall(r"tierread_[a-z_]+", page)) - known == set()


def test_the_image_gets_what_it_copies() -> None:
    ignored = (REPOSITORY / ".dockerignore").read_text("utf-8")
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (REPOSITORY / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    for name in " ".join(copied).split():
        assert (REPOSITORY / name).exists(), name
        assert f"!{name}" in ignored or f"!{name.split('/')[0]}" in ignored, name


def test_each_decision_has_a_number_of_its_own() -> None:
    found = sorted(path.name for path in (REPOSITORY / "docs" / "adr").glob("*.md"))
    titles = [(REPOSITORY / "docs" / "adr" / name).read_text("utf-8").partition(".")[0] for name in found]

    assert len({name[:4] for name in found}) == len(found)
    assert titles == [f"# {int(name[:4])}" for name in found]
