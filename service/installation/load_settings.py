"""Reads the settings from TIERREAD_* variables and from the TOML file that TIERREAD_CONFIG names."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from service.installation import dictation_settings, gateway_settings, setting_values
from service.installation.settings import NAMES, PREFIX, Settings, variable

CONFIG: Final = "TIERREAD_CONFIG"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with one setting; ``where`` is a variable or a line of the file."""

    where: str
    problem: str


class WrongSettings(Exception):
    """Settings that cannot be used, all of them at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{problem.where}: {problem.problem}" for problem in problems))
        self.problems = problems


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings; what the environment says comes before what the file says.

    Raises:
        WrongSettings: unknown names, values that cannot be used, files that cannot be read; all at once.

    """
    problems: list[Problem] = []
    written: dict[str, tuple[str, object]] = {}
    if environ.get(CONFIG):
        written |= _from_file(Path(environ[CONFIG]), problems)
    written |= _from_environment(environ, problems)
    read: dict[str, Any] = {}
    for each in fields(Settings):
        if each.name in written:
            where, value = written[each.name]
            try:
                read[each.name] = each.metadata["parse"](value)
            except ValueError as wrong:
                problems.append(Problem(where=where, problem=str(wrong)))
    for name in ("database_url", "database_owner_url"):
        _read_database_url(read, problems, name)
    _check_owner(read, problems)
    _check_s3(read, problems)
    _check_tls(read, problems)
    outwards = (*gateway_settings.problems(read), *dictation_settings.problems(read))
    problems.extend(Problem(where=variable(name), problem=why) for name, why in outwards)
    if problems:
        raise WrongSettings(tuple(problems))
    return Settings(**read)


def sources(environ: Mapping[str, str]) -> dict[str, str]:
    """Where each setting was written: a variable, or a line of the file; nothing for those that nobody wrote."""
    problems: list[Problem] = []
    written = _from_file(Path(environ[CONFIG]), problems) if environ.get(CONFIG) else {}
    return {name: where for name, (where, _) in (written | _from_environment(environ, problems)).items()}


def _from_environment(environ: Mapping[str, str], problems: list[Problem]) -> dict[str, tuple[str, object]]:
    written: dict[str, tuple[str, object]] = {}
    for key, text in sorted(environ.items()):
        if not key.startswith(PREFIX) or key == CONFIG:
            continue
        name = key.removeprefix(PREFIX).lower()
        if name not in NAMES or key != variable(name):
            problems.append(Problem(where=key, problem=_unknown(name)))
        elif text.strip():
            written[name] = (key, text)
    return written


def _from_file(path: Path, problems: list[Problem]) -> dict[str, tuple[str, object]]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as unreadable:
        problems.append(Problem(where=CONFIG, problem=f"cannot read {path}: {unreadable.strerror}"))
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        problems.append(Problem(where=CONFIG, problem=f"{path} is not TOML: {wrong}"))
        return {}
    unknown = sorted(set(table) - set(NAMES))
    problems.extend(Problem(where=f"{path}: {name}", problem=_unknown(name)) for name in unknown)
    return {name: (f"{path}: {name}", value) for name, value in table.items() if name in NAMES}


def _unknown(name: str) -> str:
    near = get_close_matches(name.lower(), NAMES, n=1)
    return f"no such setting; did you mean {variable(near[0])}?" if near else "no such setting"


def _read_database_url(read: dict[str, Any], problems: list[Problem], name: str) -> None:
    path: Path | None = read.get(f"{name}_file")
    if path is None:
        return
    where = variable(f"{name}_file")
    if name in read:
        problems.append(Problem(where=where, problem=f"{variable(name)} is also set; one of the two"))
        return
    try:
        read[name] = setting_values.database_url(path.read_text("utf-8"))
    except OSError as unreadable:
        problems.append(Problem(where=where, problem=f"cannot read {path}: {unreadable.strerror}"))
    except ValueError as wrong:
        problems.append(Problem(where=where, problem=str(wrong)))


def _check_owner(read: dict[str, Any], problems: list[Problem]) -> None:
    urls = [str(read.get(name, "")) for name in ("database_owner_url", "database_url")]
    if urls[0] and not all(url.startswith("postgresql") for url in urls):
        problems.append(Problem(where=variable("database_owner_url"), problem="only PostgreSQL knows roles"))


def _check_s3(read: dict[str, Any], problems: list[Problem]) -> None:
    stores = {name: str(read.get(name, "")) for name in ("object_store", "copy_store")}
    stores["object_store"] = stores["object_store"] or str(read.get("data_dir", Settings.data_dir) / "objects")
    if stores["copy_store"] and _within(stores["copy_store"], stores["object_store"]):
        problems.append(Problem(where=variable("copy_store"), problem="another place than the object store"))
    if read.get("s3_retention_days") and not stores["object_store"].startswith("s3://"):
        where = variable("s3_retention_days")
        problems.append(Problem(where=where, problem="only an object store s3://... can lock what it stores"))
    if not any(where.startswith("s3://") for where in stores.values()):
        return
    needed = [name for name in ("s3_endpoint", "s3_access_key_file", "s3_secret_key_file") if not read.get(name)]
    problems.extend(Problem(where=variable(name), problem="needed by an object store s3://...") for name in needed)
    for name in ("s3_access_key_file", "s3_secret_key_file"):
        path: Path | None = read.get(name)
        if path is not None and not path.is_file():
            problems.append(Problem(where=variable(name), problem=f"cannot read {path}"))


def _within(copy: str, first: str) -> bool:
    """Whether a copy would lie in the store that it is a copy of; keys of the two must never meet."""
    if "://" in copy or "://" in first:
        return f"{copy.rstrip('/')}/".startswith(f"{first.rstrip('/')}/")
    return Path(copy).absolute().is_relative_to(Path(first).absolute())


def _check_tls(read: dict[str, Any], problems: list[Problem]) -> None:
    needed: dict[str, str] = {}
    if read.get("dicom_tls_port"):
        needed |= dict.fromkeys(("dicom_tls_certificate_file", "dicom_tls_key_file"), "needed by a TLS port")
        if read["dicom_tls_port"] == read.get("dicom_port", Settings.dicom_port):
            problems.append(Problem(where=variable("dicom_tls_port"), problem="another port than the plain one's"))
    if read.get("dicom_tls_certificate_file"):
        needed["dicom_tls_key_file"] = "needed by a certificate"
    if read.get("dicom_tls_client_certificate") == "required":
        needed["dicom_tls_authorities_file"] = "needed to ask for certificates"
    problems.extend(Problem(where=variable(name), problem=why) for name, why in needed.items() if not read.get(name))
