"""The wheel that the image installs: all that the program reads is in it, and it runs without this repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.running import REPOSITORY

PACKAGES = ("service", "viewer", "pacs", "reading", "storage")
BESIDE_CODE = {".html", ".json", ".css", ".js", ".typ", ".mako"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built as the Dockerfile builds it, in a copy: setuptools leaves folders where it builds."""
    folder = tmp_path_factory.mktemp("wheel")
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", "web")
    for name in PACKAGES:
        shutil.copytree(REPOSITORY / name, folder / "src" / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, folder / "src" / name)
    (app := folder / "src" / "viewer" / "static" / "app" / "assets").mkdir(parents=True, exist_ok=True)
    (app / "built-0a1b.js").write_text("// as the web stage leaves it", "utf-8")
    shown = (REPOSITORY / "Dockerfile").read_text("utf-8")
    built = re.search(r"^RUN pip wheel (.+?) --wheel-dir \S+ \.", shown, re.MULTILINE)
    assert built is not None
    command = [sys.executable, "-m", "pip", "wheel", *built[1].split(), "--quiet", "--wheel-dir", str(folder), "."]
    subprocess.run(command, cwd=folder / "src", check=True, capture_output=True, timeout=120)
    (made,) = folder.glob("tierread-*.whl")
    return zipfile.ZipFile(made)


def test_everything_beside_the_code_is_in_it(wheel: zipfile.ZipFile) -> None:
    within = set(wheel.namelist())
    wanted = {
        str(path.relative_to(REPOSITORY))
        for name in PACKAGES
        for path in (REPOSITORY / name).rglob("*")
        if (path.suffix in BESIDE_CODE or (path.suffix == ".py" and "migrations" in path.parts))
        and not {"web", "app", "__pycache__"} & set(path.relative_to(REPOSITORY).parts)
    }

    assert wanted - within == set()
    assert "viewer/static/app/assets/built-0a1b.js" in within
    assert [name for name in within if name.startswith(("tests/", "bench/", "viewer/web/"))] == []


def test_it_runs_in_a_folder_of_its_own(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path / "site")
    (tmp_path / "scratch").mkdir()
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("TIERREAD_", "PYTHON"))}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from service.cli import main; main()", *arguments],
            env={**outside, "PYTHONPATH": str(tmp_path / "site")},
            cwd=tmp_path / "scratch",
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    helped, prepared, again = run("--help"), run("prepare"), run("prepare")

    assert helped.returncode == 0, helped.stderr
    assert "serve" in helped.stdout
    assert (prepared.returncode, again.returncode) == (0, 0), prepared.stderr
    assert "first-administrator.txt" in prepared.stdout
    assert {path.name for path in (tmp_path / "scratch" / "data" / "keys").iterdir()} >= {"seal.pem"}
