"""The receiving half of TierRead alone, as a process that `bench.receive` can measure."""

from __future__ import annotations

import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from pacs.ae import Listener, Settings
from pacs.receive import Receiver, Sender
from storage.database import Durability, connect
from storage.index import Index
from storage.schema import migrate
from storage.segments import Spool


def main() -> None:
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    url = f"sqlite:///{folder / 'tierread.db'}"
    engine = connect(url)
    migrate(engine)
    index = Index(connect(url, Durability.ASYNCHRONOUS))
    spool = Spool(folder / "spool", node="bench", engine=engine)
    sender = Sender(device_id="01D0000000000000000000000D", site_id="01S0000000000000000000000T", issuer="")
    listener = Listener(
        Receiver(spool, index, lambda: datetime.now(UTC)),
        lambda _title, _address: sender,
        lambda _refused: None,
        Settings(host="127.0.0.1", port=port),
    )
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: done.set())
    listener.start()
    done.wait()
    listener.stop()
    index.close()
    spool.close()


if __name__ == "__main__":
    main()
