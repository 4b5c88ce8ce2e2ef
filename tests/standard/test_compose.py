"""docker-compose.yml and what lies beside it hold together: keys that compose knows, names that exist, no open door."""

from __future__ import annotations

import re
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from service import cli
from service.installation.heartbeat import Role
from tests.conftest import need_tool
from tests.running import REPOSITORY

COMPOSE: Final[dict[str, Any]] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text("utf-8"))
SERVICES: Final[dict[str, Any]] = COMPOSE["services"]
OURS: Final = {name: service for name, service in SERVICES.items() if service["image"] == "tierread"}

Check = Callable[[Any], bool]
DURATION: Final = re.compile(r"(\d+h)?(\d+m)?(\d+s)?")
SIZE: Final = re.compile(r"\d+[bkmg]")


def words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def text(value: Any) -> bool:
    return isinstance(value, str)


def duration(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and DURATION.fullmatch(value) is not None


def size(value: Any) -> bool:
    return isinstance(value, str) and SIZE.fullmatch(value) is not None


def texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


def keys(**checks: Check) -> Check:
    """A mapping of no other keys than these."""

    def check(value: Any) -> bool:
        return isinstance(value, dict) and all(name in checks and checks[name](each) for name, each in value.items())

    return check


def each(check: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(check(one) for one in value.values())


def depends(value: Any) -> bool:
    conditions = {"service_healthy", "service_completed_successfully", "service_started"}
    return words(value) or each(lambda one: set(one) == {"condition"} and one["condition"] in conditions)(value)


def health(value: Any) -> bool:
    known = keys(test=words, interval=duration, timeout=duration, start_period=duration)
    return known(value) and value["test"][0] in {"CMD", "CMD-SHELL"}


# What the compose specification lets a service say, as far as we say it (compose-spec, "services").
SERVICE: Final[Mapping[str, Check]] = {
    "image": text,
    "build": text,
    "entrypoint": words,
    "command": words,
    "environment": texts,
    "restart": lambda value: value in {"no", "always", "on-failure", "unless-stopped"},
    "init": lambda value: value is True,
    "read_only": lambda value: value is True,
    "tmpfs": words,
    "cap_drop": words,
    "cap_add": words,
    "security_opt": words,
    "secrets": words,
    "volumes": words,
    "ports": words,
    "shm_size": size,
    "stop_grace_period": duration,
    "depends_on": depends,
    "healthcheck": health,
    "logging": keys(driver=text, options=texts),
    "deploy": keys(resources=keys(limits=keys(memory=size, cpus=text), reservations=keys(memory=size, cpus=text))),
}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_says_what_compose_understands(name: str) -> None:
    wrong = [key for key, value in SERVICES[name].items() if key not in SERVICE or not SERVICE[key](value)]

    assert wrong == []


def test_the_file_has_no_other_parts() -> None:
    parts = {key for key in COMPOSE if not key.startswith("x-")}

    assert parts == {"services", "networks", "secrets", "volumes"}
    assert each(lambda one: set(one) == {"file"})(COMPOSE["secrets"])
    assert set(COMPOSE["volumes"].values()) == {None}


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_names_is_there(name: str) -> None:
    service = SERVICES[name]
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert source in COMPOSE["volumes"] or (REPOSITORY / source).is_file(), source
    for secret in re.findall(r"/run/secrets/(\w+)", str(service)):
        assert secret in service["secrets"]
    for other in service.get("depends_on", []):
        assert other in SERVICES
    for host in re.findall(r"//(\w+):\d+", str({**service.get("environment", {})})):
        assert host in SERVICES
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_that_serves_is_looked_at_and_bounded(name: str) -> None:
    service = SERVICES[name]
    if service["restart"] == "no":
        return

    assert "healthcheck" in service
    assert service["logging"]["options"] == {"max-size": "20m", "max-file": "5"}
    assert "stop_grace_period" in service
    assert name in OURS or re.fullmatch(r"[\w/]+:[\d.]+", service["image"]), "a version, not what is newest"


def test_only_the_proxy_is_reached_from_outside_and_no_secret_is_in_the_file() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    said = {key: value for service in SERVICES.values() for key, value in service.get("environment", {}).items()}

    assert published == {"proxy": ["11112:11112", "443:8443", "80:8080"]}
    assert [key for key in said if "PASSWORD" in key and not key.endswith("_FILE")] == []
    assert [value for value in said.values() if re.search(r"//[^/@]+:[^/@]+@", value)] == []


def test_each_node_has_a_name_and_a_disk_of_its_own_and_runs_as_nobody_special() -> None:
    nodes = {name: service for name, service in OURS.items() if name != "prepare"}
    roles = sorted(service["command"][2] for service in nodes.values())

    assert roles == sorted([*Role, *Role])
    for name, service in nodes.items():
        assert service["environment"]["TIERREAD_NODE"] == name
        assert service["environment"]["TIERREAD_SPOOL_URL"] == f"http://{name}:8081"
        assert service["volumes"] == [f"{name}:/data", "keys:/keys:ro"]
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
    assert "\nUSER tierread\n" in (REPOSITORY / "Dockerfile").read_text("utf-8")


def test_only_what_prepares_knows_the_owner_of_the_tables_and_the_others_are_no_superuser() -> None:
    knowing = [name for name, service in SERVICES.items() if "owner" in str(service)]
    roles = (REPOSITORY / "deploy" / "postgres-roles.sh").read_text("utf-8")

    assert knowing == ["prepare", "postgres"]
    assert "POSTGRES_USER" not in SERVICES["postgres"]["environment"]
    assert "SUPERUSER" not in roles
    assert "CREATE DATABASE tierread OWNER tierread_owner" in roles


def test_its_commands_are_there() -> None:
    assert {service["command"][0] for service in OURS.values()} <= set(cli.SUBCOMMANDS)


def test_the_secrets_are_made_once_and_are_nobody_elses(tmp_path: Path) -> None:
    need_tool("openssl")
    script = REPOSITORY / "deploy" / "make-secrets.sh"
    for _ in range(2):
        subprocess.run([str(script), "reports.example.cn"], cwd=tmp_path, check=True, capture_output=True)
    made = {path.name: path.read_text("utf-8") for path in (tmp_path / "secrets").iterdir()}
    (tmp_path / "secrets" / "tls.pem").write_text("of our authority", "utf-8")
    subprocess.run([str(script), "reports.example.cn"], cwd=tmp_path, check=True, capture_output=True)
    again = {path.name: path.read_text("utf-8") for path in (tmp_path / "secrets").iterdir()}

    assert {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()} == set(made)
    assert again == {**made, "tls.pem": "of our authority"}
    at = "@postgres/tierread"
    assert made["database_url"] == f"postgresql+psycopg://tierread:{made['database_password']}{at}"
    assert made["database_owner_url"] == f"postgresql+psycopg://tierread_owner:{made['database_owner_password']}{at}"
    passwords = [made[name] for name in ("postgres_password", "database_owner_password", "database_password")]
    assert [len(each) for each in {*passwords}] == [48, 48, 48]
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
