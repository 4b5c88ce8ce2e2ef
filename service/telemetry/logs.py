"""Logs: one JSON object a line on stderr, without identity.

Our own lines carry an event and fields that are chosen where they are written. Libraries are not so careful: their
messages, exception texts and warnings hold UIDs, names and paths. So a library's line is logged as where it was
written, and an exception as its class, its numbers and its frames, never as its text.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from types import TracebackType
from typing import Any, Final

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

FRAMES: Final = 12
"""How many of an exception's innermost frames are logged."""

# Loggers whose message templates are their own words; arguments are never formatted in.
PLAIN: Final = ("uvicorn.error", "alembic")


def configure(role: str, level: str) -> None:
    """Send structlog, the standard library's logging, warnings and uncaught exceptions to stderr."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _describe_exception,
    ]
    structlog.configure(
        processors=[_with_role(role), *shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_with_role(role), _only_where, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda lost: _uncaught(lost.exc_type, lost.exc_value, lost.exc_traceback)


def logger() -> Any:
    """The logger of our own lines."""
    return structlog.get_logger()


SELDOM_SECONDS: Final = 10.0
_SELDOM: Final[dict[tuple[object, ...], tuple[float, int]]] = {}
_SELDOM_LOCK: Final = threading.Lock()


def warn_seldom(event: str, **fields: object) -> None:
    """Log a warning that a flood of callers causes: at most one line in `SELDOM_SECONDS`, with how often it was."""
    key, now = (event, *sorted(fields.items())), time.monotonic()
    with _SELDOM_LOCK:
        next_at, times = _SELDOM.get(key, (0.0, 0))
        if now < next_at:
            _SELDOM[key] = (next_at, times + 1)
            return
        _SELDOM[key] = (now + SELDOM_SECONDS, 0)
    logger().warning(event, times=times + 1, **fields)


def describe(error: BaseException) -> list[dict[str, object]]:
    """An exception and its causes, outermost first, without their texts."""
    chain: list[dict[str, object]] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 5:
        entry: dict[str, object] = {"class": f"{type(current).__module__}.{type(current).__qualname__}"}
        if isinstance(current, ImportError):
            entry["module"] = current.name
        if isinstance(current, OSError) and current.errno is not None:
            entry["errno"] = current.errno
        sqlstate = getattr(getattr(current, "orig", current), "sqlstate", None)
        if sqlstate is not None:
            entry["sqlstate"] = sqlstate
        frames = traceback.extract_tb(current.__traceback__)[-FRAMES:]
        entry["at"] = [f"{_shorten(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
        chain.append(entry)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return chain


def _with_role(role: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["role"] = role
        return event

    return add


def _describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = describe(error)
    return event


def _only_where(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    event["event"] = record.msg if record.name in PLAIN and isinstance(record.msg, str) else "library"
    event["logger"] = record.name
    event["where"] = f"{_shorten(record.pathname)}:{record.lineno}"
    event.pop("positional_args", None)
    if record.exc_info:
        event["exc_info"] = record.exc_info
    return event


def _shorten(path: str) -> str:
    """The path below the folder of the packages: where an installation lies is nobody's business."""
    for folder in ("/site-packages/", "/lib/python3"):
        before, found, rest = path.rpartition(folder)
        if found:
            return rest if folder == "/site-packages/" else f"python3{rest}"
        path = before or path
    return "/".join(path.split("/")[-2:])


def _uncaught(kind: type[BaseException], error: BaseException | None, _trace: TracebackType | None) -> None:
    if error is None or issubclass(kind, KeyboardInterrupt):
        return
    logger().error("uncaught", exc_info=error)
