"""How the ports of a listener are shared out: connections by address until they request, associations by device."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from pacs.dimse.refusals import GaveWay
from storage.shares import NoRoom, Shares

if TYPE_CHECKING:
    from pacs.dimse.upper_layer import UpperLayer

REQUESTING: Final = 64
"""Connections beyond the associations' limit that may be waiting for their handshake or their A-ASSOCIATE-RQ."""
OF_A_STRANGER: Final = 8
"""Of these from one address at which no device is registered; the oldest gives way."""
CROWD_SECONDS: Final = 0.25
"""Where even the oldest is younger, the newcomer is closed: a flood would cost a thread each."""
PATIENCE_SECONDS: Final = 10.0
"""An association that was idle so long gives way to another of the same device."""
ROOM_SECONDS: Final = 1.0
"""A caller waits so long for another listener of the port to make room."""

_log: Final = structlog.get_logger()


class Holder(Protocol):
    """An association, as far as sharing needs it."""

    @property
    def device_id(self) -> str: ...

    @property
    def seconds_since_begun(self) -> float: ...

    @property
    def idle_seconds(self) -> float | None:
        """None while it is busy."""
        ...

    @property
    def upper_layer(self) -> UpperLayer: ...


class SharedCount(Protocol):
    """How many associations the processes that share a port serve together."""

    def __call__(self, here: int) -> int:
        """Say how many are served here; answers how many the others serve."""
        ...

    def ask_for_room(self) -> None:
        """Ask the process that serves most to let an idle association go."""
        ...

    def is_asked_for_room(self) -> bool:
        """Whether another process asked since the last time."""
        ...


class Alone:
    """Of a listener that shares its ports with nobody."""

    def __call__(self, here: int) -> int:
        return 0

    def ask_for_room(self) -> None:
        """Nobody else has any."""

    def is_asked_for_room(self) -> bool:
        return False


class PortShares:
    """Nobody can take the port from the others: what was idle longest, of whoever has most, gives way.

    ``is_known`` says whether an address is a trusted proxy's or a registered device's, and waits for nothing.
    """

    def __init__(
        self,
        *,
        most: int,
        most_of_one_device: int,
        is_known: Callable[[str], bool],
        on_way_given: Callable[[GaveWay], None],
        shared_count: SharedCount,
    ) -> None:
        self._on_way_given = on_way_given
        self._shared_count = shared_count
        self._admitting = threading.Lock()
        self._requesting = Shares[Holder](
            most=most + REQUESTING,
            most_of_one=lambda address: most + REQUESTING if is_known(address) else OF_A_STRANGER,
            idle_seconds=lambda one: one.seconds_since_begun,
            patience_seconds=CROWD_SECONDS,
        )
        self._admitted = Shares[Holder](
            most=most,
            most_of_one=lambda _device: most_of_one_device,
            idle_seconds=lambda one: one.idle_seconds,
            patience_seconds=PATIENCE_SECONDS,
        )

    def called_from(self, association: Holder, address: str) -> bool:
        """Count a connection to the address that calls, a trusted proxy's until its header names another.

        False where that address has too many that have come a moment ago.
        """
        self._requesting.leave(association)
        try:
            leaving = self._requesting.enter(association, address)
        except NoRoom:
            self.gave_way(GaveWay.CONNECTION)
            return False
        if leaving is not None:
            leaving.upper_layer.cut()
            self.gave_way(GaveWay.CONNECTION)
        return True

    def admit(self, association: Holder) -> bool:
        """Count one more association; False where the limit is reached and nothing gives way."""
        self._requesting.leave(association)
        deadline, elsewhere = time.monotonic() + ROOM_SECONDS, 0
        while True:
            try:
                with self._admitting:
                    elsewhere = self._shared_count(len(self._admitted))
                    leaving = self._admitted.enter(association, association.device_id, elsewhere=elsewhere)
                    self._shared_count(len(self._admitted))
            except NoRoom:
                if not elsewhere or time.monotonic() > deadline:
                    return False
                self._shared_count.ask_for_room()
                time.sleep(ROOM_SECONDS / 20)
                continue
            if leaving is not None:
                self._let_go(leaving)
            return True

    def make_room(self) -> None:
        """Let an idle association go where another listener of the port needs its room."""
        if not self._shared_count.is_asked_for_room():
            return
        with self._admitting:
            leaving = self._admitted.give_one()
            self._shared_count(len(self._admitted))
        if leaving is not None:
            self._let_go(leaving)

    def forget(self, association: Holder) -> None:
        self._requesting.leave(association)
        with self._admitting:
            self._admitted.leave(association)
            self._shared_count(len(self._admitted))

    def gave_way(self, what: GaveWay) -> None:
        try:
            self._on_way_given(what)
        except Exception:  # noqa: BLE001 # it has given way all the same
            _log.error("way_given_not_recorded", exc_info=True)

    def _let_go(self, association: Holder) -> None:
        association.upper_layer.end_when_idle()
        self.gave_way(GaveWay.ASSOCIATION)
