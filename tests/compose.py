"""The services of docker-compose.yml as processes of this machine: their own commands, with hosts and paths of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
import yaml

from tests import warm
from tests.postgresql import APPLICATION
from tests.running import QUICK, REPOSITORY, free_port, wait_until
from tests.seaweedfs import PARTS

SHIPPED: Final[dict[str, Any]] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text("utf-8"))["services"]
OURS: Final = [name for name, service in SHIPPED.items() if service["image"] == "tierread"]
PORTS: Final = {
    **{(name, port): free_port() for name in OURS for port in (8080, 8081, 11112)},
    **{("proxy", port): free_port() for port in (8080, 8443, 11112)},
    ("seaweedfs", 8333): free_port(),
    ("seaweedfs", 9333): free_port(),
}


class Composed:
    """A folder for the volumes and secrets, and the processes that run."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self._processes: dict[str, subprocess.Popen[bytes] | warm.Started] = {}
        subprocess.run(
            [str(REPOSITORY / "deploy" / "make-secrets.sh"), "localhost"], cwd=folder, check=True, capture_output=True
        )
        application = sa.make_url(database_url).set(username=APPLICATION).render_as_string(hide_password=False)
        (folder / "secrets" / "database_url").write_text(application, "utf-8")
        (folder / "secrets" / "database_owner_url").write_text(database_url, "utf-8")
        for name, secret in yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text("utf-8"))["secrets"].items():
            (folder / "run" / "secrets").mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / secret["file"], folder / "run" / "secrets" / name)

    def port(self, service: str, port: int) -> int:
        return PORTS[service, port]

    def here(self, service: str, written: str) -> str:
        """What is written in the file or beside it, for this machine."""
        said = written.replace("/run/secrets", str(self.folder / "run" / "secrets"))
        said = said.replace("172.30.83.0/24", "127.0.0.1/32")
        for volume in SHIPPED[service].get("volumes", []):
            source, target = volume.split(":")[:2]
            if not source.startswith("."):
                said = re.sub(rf"(?<!\w){target}(?!\w)", str(self.folder / "volumes" / source), said)
        said = re.sub(r"\b127\.0\.0\.1:(\d+)", lambda found: f"127.0.0.1:{PORTS[service, int(found[1])]}", said)
        names = "|".join({name for name, _ in PORTS})
        said = re.sub(rf"\b({names}):(\d+)", lambda found: f"127.0.0.1:{PORTS[found[1], int(found[2])]}", said)
        return re.sub(r"\$\{\w+:-\}", "", said)

    def environ(self, service: str) -> dict[str, str]:
        outside = {name: value for name, value in os.environ.items() if not name.startswith("TIERREAD_")}
        said = {name: self.here(service, value) for name, value in SHIPPED[service]["environment"].items()}
        data = next(volume.split(":")[0] for volume in SHIPPED[service]["volumes"] if volume.endswith(":/data"))
        image = {"TIERREAD_DATA_DIR": str(self.folder / "volumes" / data), "TIERREAD_HTTP_HOST": "127.0.0.1"}
        ports = {
            "TIERREAD_HTTP_PORT": str(PORTS[service, 8080]),
            "TIERREAD_DICOM_PORT": str(PORTS[service, 11112]),
        }
        return {**outside, **QUICK, **image, **ports, **said}

    def run(self, service: str) -> None:
        """A service that ends by itself."""
        done = warm.run(SHIPPED[service]["command"], env=self.environ(service), cwd=REPOSITORY)
        assert done.returncode == 0, done.stderr

    def start(self, service: str) -> None:
        (self.folder / "volumes").mkdir(exist_ok=True)
        with (self.folder / f"{service}.log").open("ab") as log:
            self._processes[service] = warm.start(
                SHIPPED[service]["command"],
                env=self.environ(service),
                cwd=REPOSITORY,
                out=log.fileno(),
                err=log.fileno(),
            )

    def start_seaweedfs(self, weed: Path) -> None:
        """Its own command; what it leaves to the image's defaults gets ports of this machine."""
        (self.folder / "volumes" / "objects").mkdir(parents=True)
        kept = [word for word in SHIPPED["seaweedfs"]["command"] if not word.startswith(("-ip", "-s3.port=8333"))]
        grpc = {part: free_port() for part in PARTS}
        ports = {part: free_port() for part in PARTS} | {
            "s3": PORTS["seaweedfs", 8333],
            "master": PORTS["seaweedfs", 9333],
        }
        extra = [f"-{part}.port={ports[part]}" for part in PARTS] + [
            f"-{part}.port.grpc={grpc[part]}" for part in PARTS
        ]
        words = [self.here("seaweedfs", word) for word in kept]
        self._spawn("seaweedfs", [str(weed), *words, "-ip=127.0.0.1", "-ip.bind=127.0.0.1", *extra], dict(os.environ))
        wait_until(lambda: self.is_healthy("seaweedfs"), what="SeaweedFS")
        (script,) = SHIPPED["bucket"]["command"]
        said = self.here("bucket", script).replace("weed shell", f"{weed} shell")
        said = said.replace(f":{ports['master']}", f":{ports['master']}.{grpc['master']}")
        for _ in range(2):  # at each `up`
            subprocess.run([*SHIPPED["bucket"]["entrypoint"], said], check=True, capture_output=True, timeout=60)

    def start_proxy(self, haproxy: str) -> None:
        written = (REPOSITORY / "deploy" / "haproxy.cfg").read_text("utf-8")
        said = re.sub(r"bind :(\d+)", lambda found: f"bind 127.0.0.1:{PORTS['proxy', int(found[1])]}", written)
        names = "|".join(OURS)
        said = re.sub(rf"\b({names}):(\d+)", lambda found: f"127.0.0.1:{PORTS[found[1], int(found[2])]}", said)
        said = said.replace("/run/secrets", str(self.folder / "run" / "secrets"))
        (self.folder / "haproxy.cfg").write_text(said, "utf-8")
        self._spawn("proxy", [haproxy, "-f", str(self.folder / "haproxy.cfg")], dict(os.environ))

    def is_healthy(self, service: str) -> bool:
        """By the very check of the file."""
        kind, *words = SHIPPED[service]["healthcheck"]["test"]
        said = [self.here(service, word) for word in words]
        asked = (
            ["sh", "-c", *said]
            if kind == "CMD-SHELL"
            else [sys.executable if said[0] == "python" else said[0], *said[1:]]
        )
        return subprocess.run(asked, capture_output=True, check=False, timeout=20).returncode == 0

    def kill(self, service: str) -> None:
        """Kill one of ours with all its processes, as a machine that loses its power does."""
        process = self._processes.pop(service)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def log(self, service: str) -> str:
        return (self.folder / f"{service}.log").read_text("utf-8")

    def stop(self) -> dict[str, int]:
        """End all as compose does; the exit code of each."""
        codes: dict[str, int] = {}
        for name in sorted(self._processes, key=lambda each: each == "seaweedfs"):
            process = self._processes[name]
            process.send_signal(signal.SIGINT if name == "seaweedfs" else signal.SIGTERM)
            try:
                codes[name] = process.wait(5 if name == "seaweedfs" else 45)
            except subprocess.TimeoutExpired:
                process.kill()
                codes[name] = process.wait()
        return codes

    def _spawn(self, name: str, words: Sequence[str], environ: dict[str, str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(words, env=environ, cwd=REPOSITORY, stdout=log, stderr=log)


@contextmanager
def composed(folder: Path, database_url: str) -> Iterator[Composed]:
    made = Composed(folder, database_url)
    try:
        yield made
    finally:
        made.stop()
        for left in Path("/tmp").glob(f"seaweedfs-*-{PORTS['seaweedfs', 8333]}.sock"):
            left.unlink(missing_ok=True)
