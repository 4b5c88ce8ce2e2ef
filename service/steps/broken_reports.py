"""Reports that are not what was signed: told in the log and counted, once each."""

from __future__ import annotations

from reading.access import report_seals
from reading.audit import SYSTEM
from reading.context import Context
from service.installation.house import House
from service.telemetry.logs import logger
from service.telemetry.metrics import DAMAGES
from storage.database import snapshot, transaction


def tell_of_broken_reports(house: House) -> int:
    """Whoever came across one, a reader, a patient or a check, has left a row."""
    with snapshot(house.engine) as tx:
        found = report_seals.untold(tx)
    if not found:
        return 0
    for one in found:
        DAMAGES.labels("report", "false").inc()
        logger().error("a report is not what was signed", version_id=one.version_id, flaws=sorted(one.flaws))
    with transaction(house.engine) as tx:
        report_seals.told(Context(tx, house.audit, house.clock(), SYSTEM), [one.version_id for one in found])
    return len(found)
