"""Prometheus metrics: every role counts into files of the run folder, and /metrics adds them up.

Import this module only after `installation.count_into`: the library looks at the environment while it is imported.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

INSTANCES: Final = Counter("tierread_instances", "Instances received, by what became of them.", ["source", "outcome"])
RECEIVE_SECONDS: Final = Histogram(
    "tierread_receive_seconds",
    "From the first byte of an instance to its answer.",
    ["source"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
)
ASSOCIATIONS: Final = Counter("tierread_associations", "DICOM associations, accepted or refused and why.", ["outcome"])
FORWARDED: Final = Counter("tierread_forwarded_instances", "Instances sent on by forwarding rules.", ["outcome"])
MESSAGES: Final = Counter("tierread_sent_messages", "Attempts to send messages.", ["audience", "outcome"])
COMPACTED_STUDIES: Final = Counter("tierread_compacted_studies", "Studies whose segments were compacted.")
COMPACTED_INSTANCES: Final = Counter(
    "tierread_compacted_instances", "Instances of compacted segments, by the form in which they are stored.", ["form"]
)
COMPACTED_BYTES: Final = Counter("tierread_compacted_bytes", "Bytes of segments before and after compaction.", ["when"])
CACHE_BLOCKS: Final = Counter(
    "tierread_cache_blocks", "Blocks of the object store that were wanted, by what the cache did.", ["use"]
)
CACHE_BYTES: Final = Counter("tierread_cache_bytes", "The bytes of these blocks.", ["use"])
HTTP_REQUESTS: Final = Counter("tierread_http_requests", "HTTP requests.", ["route", "method", "status"])
HTTP_SECONDS: Final = Histogram(
    "tierread_http_seconds",
    "From a request to the end of its answer.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
)
COMMITMENT_REPORTS: Final = Counter(
    "tierread_commitment_reports", "Reports of storage commitments, delivered or why not.", ["outcome"]
)
VERIFIED: Final = Counter("tierread_verified_instances", "Instances read again by the worker's rounds.")
VERIFIED_BYTES: Final = Counter("tierread_verified_bytes", "Bytes read by the worker's rounds.")
DAMAGES: Final = Counter(
    "tierread_damages", "What the worker's rounds found damaged, and whether it was repaired.", ["finding", "repaired"]
)
SWEPT: Final = Counter(
    "tierread_swept",
    "What nobody needs, as the worker found it each week, and whether it was removed.",
    ["kind", "removed"],
)
GAVE_WAY: Final = Counter(
    "tierread_gave_way",
    "What was closed to leave room for other callers, because its caller had most, was silent or too slow.",
    ["port", "what"],
)
RESTARTS: Final = Counter(
    "tierread_process_restarts", "Processes started again, because they ended or did not answer.", ["process", "why"]
)
WRITE_TRANSACTION_SECONDS: Final = Histogram(
    "tierread_write_transaction_seconds",
    "How long each write transaction was open, its commit included: on SQLite all other writers waited.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
)
WRITE_WAIT_SECONDS: Final = Histogram(
    "tierread_write_wait_seconds",
    "How long each write transaction waited before it could begin: on SQLite for whoever wrote meanwhile.",
    ["role"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
)
LONGEST_WRITE_WAIT_SECONDS: Final = Gauge(
    "tierread_longest_write_wait_seconds",
    "The longest of these waits since each process began.",
    ["role"],
    multiprocess_mode="max",
)
STEP_SECONDS: Final = Histogram(
    "tierread_worker_step_seconds",
    "One run of a worker's step.",
    ["step"],
    buckets=(0.001, 0.01, 0.1, 0.5, 1, 5, 30, 120),
)
STEP_FAILURES: Final = Counter(
    "tierread_worker_step_failures", "Runs of a worker's step that ended in an error.", ["step"]
)


class Waiting:
    """Counts how long the write transactions of a process wait."""

    def __init__(self, role: str) -> None:
        self._seconds = WRITE_WAIT_SECONDS.labels(role)
        self._longest_gauge = LONGEST_WRITE_WAIT_SECONDS.labels(role)
        self._longest = 0.0

    def observe(self, seconds: float) -> None:
        self._seconds.observe(seconds)
        if seconds > self._longest:
            self._longest = seconds
            self._longest_gauge.set(seconds)


Gauges = dict[str, tuple[str, str, dict[str, float]]]
"""A metric's name: what it is, its label, the value of each label."""


def page(run_dir: Path, gauges: Callable[[], Gauges]) -> bytes:
    """All metrics of this node as text: what the roles counted, and the gauges as they are now."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(run_dir / "metrics"))
    registry.register(_Now(gauges))
    return generate_latest(registry)


@contextmanager
def timed(histogram: Histogram, *labels: str) -> Generator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        histogram.labels(*labels).observe(time.perf_counter() - start)


class _Now(Collector):
    def __init__(self, gauges: Callable[[], Gauges]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        for name, (about, label, values) in self._gauges().items():
            family = GaugeMetricFamily(name, about, labels=[label])
            for key, value in sorted(values.items()):
                family.add_metric([key], value)
            yield family
