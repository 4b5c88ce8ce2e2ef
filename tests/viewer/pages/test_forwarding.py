"""/office/forwarding: rules by page, failed studies tried again, and where nothing may be sent."""

from __future__ import annotations

from datetime import timedelta

import httpx

from reading.audit import SYSTEM
from reading.context import Context
from reading.forwarding import jobs, rules
from reading.forwarding.jobs import JobState
from reading.forwarding.rules import Moment
from reading.kinds import Role
from reading.register import devices
from reading.tables import forwarding_job
from storage.database import snapshot, transaction
from storage.ids import new_id
from tests.viewer.house import House
from tests.viewer.pages.office import administrator_of, post, said, sam, submit
from viewer.pages.forwarding import FAILED_SHOWN

PAGE = "/office/forwarding"


def _archive(house: House, site_id: str, title: str, port: int | None = 104) -> str:
    with transaction(house.engine) as tx:
        made = devices.add(
            tx, ae_title=title, network="10.7.7.7", port=port, site_id=site_id, issuer="OAK", now=house.now
        )
    return made.id


def _add(client: httpx.Client, site_id: str, **typed: str) -> httpx.Response:
    return submit(client, PAGE, PAGE, site=site_id, moment="final", **typed)


def test_a_rule_is_added_and_ended_where_the_destination_reads_for_the_site(house: House) -> None:
    client = sam(house)
    region = house.clinic.region
    reader, stranger = _archive(house, region.oak.id, "PACS"), _archive(house, region.elm.id, "OTHER")
    silent = _archive(house, region.oak.id, "SILENT", port=None)
    foreign, both, deaf = (
        _add(client, region.hills.id, device=stranger),
        _add(client, region.hills.id, device=reader, url="https://elsewhere.example"),
        _add(client, region.hills.id, device=silent),
    )
    added = _add(client, region.hills.id, device=reader, modality="ct")
    with snapshot(house.engine) as tx:
        (rule,) = rules.list_all(tx)
    shown = client.get(PAGE).text
    ended, again = (post(client, f"{PAGE}/{rule.id}/end") for _ in range(2))

    assert [one.status_code for one in (foreign, both, deaf, added)] == [403, 422, 422, 303]
    assert "settings do not allow" in said(both)
    assert (rule.modality, rule.moment, rule.device_id) == ("CT", Moment.FINAL, reader)
    assert "PACS" in shown
    assert (ended.status_code, again.status_code) == (303, 404)


def test_what_failed_is_tried_again_by_whoever_keeps_the_site(house: House) -> None:
    client = sam(house)
    region = house.clinic.region
    other = administrator_of(house, "elsa", region.elm, Role.SYSTEM_ADMINISTRATOR)
    target = _archive(house, region.oak.id, "PACS")
    with transaction(house.engine) as tx:
        ctx = Context(tx, house.clinic.audit, house.now, SYSTEM)
        rule = rules.add(ctx, site_id=region.hills.id, moment=Moment.QUIET, device_id=target)
        job = {"id": new_id(), "rule_id": rule.id, "study_uid": "1.2.3", "instances": 2, "state": JobState.DEAD}
        since = house.now - timedelta(days=8)
        tx.execute(forwarding_job.insert().values(**job, waiting_since=since, attempts=9, next_at=since))
    page = client.get(PAGE).text
    foreign = [post(other, f"{PAGE}/{rule.id}/end"), post(other, f"{PAGE}/jobs/{job['id']}/retry")]
    retried = post(client, f"{PAGE}/jobs/{job['id']}/retry")
    with snapshot(house.engine) as tx:
        (after,) = jobs.latest(tx, 9)

    assert "Not delivered within a week" in page
    assert "1.2.3" not in page
    assert [one.status_code for one in foreign] == [404, 404]
    assert retried.status_code == 303
    assert after.state is JobState.WAITING


def test_what_failed_elsewhere_hides_nothing_that_failed_here(house: House) -> None:
    region = house.clinic.region
    elsa = administrator_of(house, "elsa", region.elm, Role.SYSTEM_ADMINISTRATOR)
    here, there = _archive(house, region.elm.id, "OURS"), _archive(house, region.oak.id, "THEIRS")
    since = house.now - timedelta(days=9)
    with transaction(house.engine) as tx:
        ctx = Context(tx, house.clinic.audit, house.now, SYSTEM)
        ours = rules.add(ctx, site_id=region.elm.id, moment=Moment.QUIET, device_id=here)
        theirs = rules.add(ctx, site_id=region.oak.id, moment=Moment.QUIET, device_id=there)
        failed = [(ours, since), *((theirs, since + timedelta(minutes=n)) for n in range(1, FAILED_SHOWN + 1))]
        tx.execute(
            forwarding_job.insert(),
            [
                {
                    "id": new_id(),
                    "rule_id": rule.id,
                    "study_uid": f"1.2.{number}",
                    "instances": 2,
                    "state": JobState.DEAD,
                    "waiting_since": at,
                    "attempts": 9,
                    "next_at": at,
                }
                for number, (rule, at) in enumerate(failed)
            ],
        )

    assert elsa.get(PAGE).text.count("/retry") == 1
