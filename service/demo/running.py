"""`tierread demo`: serves the invented region and, when it is up, lets its devices send."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import rich.progress
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM, Audit
from reading.context import Context
from reading.patients.keys import keys_in
from reading.register import passwords
from service.demo import alerts, protocols, region, roster, sending, teaching
from service.demo.region import PATIENTS, PEOPLE, Region
from service.installation.installation import Folders, keys_of, open_database
from service.installation.setting_values import NOBODY
from service.installation.settings import Settings, variable
from service.processes import serve
from service.telemetry import logs
from service.telemetry.logs import logger
from storage.database import snapshot, transaction
from storage.index import queries

LOOPBACK: Final = "127.0.0.1"
CASES_SECONDS: Final = 60
"""So long the demonstration waits for the cases of what it sent, before it goes on without critical results."""
ARRIVED_SECONDS: Final = 300
"""So long it waits until examinations stop arriving, before it goes on without a teaching collection."""
WIDE: Final = 96
"""Columns of the tables of people."""


def settings_of_a_demonstration(environ: Mapping[str, str]) -> dict[str, str]:
    """What differs from `tierread serve`: a folder and no second factors unless they are named; loopback alone."""
    data_dir = environ.get(variable("data_dir")) or "data-demo"
    return {
        variable("data_dir"): data_dir,
        variable("http_host"): LOOPBACK,
        variable("dicom_host"): LOOPBACK,
        variable("second_factor_roles"): environ.get(variable("second_factor_roles")) or NOBODY,
    }


def run(settings: Settings, guard: serve.Guard) -> int:
    logs.configure("serve", settings.log_level)
    folders = serve.prepare(settings, demo=True)
    made = region.read(folders.data) or _make(settings, folders)
    # Wide enough whatever the terminal: a password that is cut short helps nobody.
    console = Console(width=max(WIDE, Console().width))

    def ready() -> None:
        console.print(Panel("示例数据 · DEMONSTRATION: every person and picture is invented", style="bold yellow"))
        console.print(serve.where_things_are(settings, folders), highlight=False, soft_wrap=True)
        _print_people(console, made)
        # A process of its own: the supervisor, which forks again what dies, must hold no thread.
        multiprocessing.get_context("fork").Process(
            target=_send, args=(settings, folders, made, console), daemon=True
        ).start()

    return serve.run_all(settings, folders, guard, ready)


def _make(settings: Settings, folders: Folders) -> Region:
    engine = open_database(settings)
    try:
        chosen = {name: passwords.chosen(passwords.generate()) for name, *_ in PEOPLE}
        keys = keys_in(folders.keys)
        with transaction(engine) as tx:
            ctx = Context(tx, Audit(f"{settings.node}/demo"), datetime.now(UTC), SYSTEM)
            made = region.make(ctx, keys, chosen)
            alerts.put_on_duty(ctx, made)
            roster.make(ctx, made)
            protocols.ask_some(tx, ctx.audit, keys, made, ctx.now)
        region.keep(folders.data, made)
    finally:
        engine.dispose()
    return made


def _send(settings: Settings, folders: Folders, made: Region, console: Console) -> None:
    for each in (signal.SIGTERM, signal.SIGINT):  # it keeps nothing that would have to come to its end
        signal.signal(each, signal.SIG_DFL)
    engine = open_database(settings)
    columns = (
        rich.progress.TextColumn("{task.description:<14}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TimeElapsedColumn(),
    )
    try:
        with rich.progress.Progress(*columns, console=console) as bar:
            task = bar.add_task("drawing", total=None)

            def tell(how: sending.Progress) -> None:
                bar.update(task, description=how.device, completed=how.done, total=how.total)

            sent = sending.send(settings, made, lambda uid: _instances(engine, uid), datetime.now(UTC), tell)
            bar.update(task, description="pictures", completed=sent, total=sent)
        _raise_alerts(engine, Audit(f"{settings.node}/demo"), made)
        _teach(engine, Audit(f"{settings.node}/demo"), folders, made)
        console.print(f"{sent} pictures were sent." if sent else "All pictures are here.")
    except sending.NotSent as refused:
        logger().error("demonstration picture refused", device=refused.device, status=refused.status)
    finally:
        engine.dispose()


def _raise_alerts(engine: Engine, audit: Audit, made: Region) -> None:
    """Raise the critical results once every study has its case."""
    for _ in range(CASES_SECONDS):
        with transaction(engine) as tx:
            if alerts.raise_some(tx, audit, made, datetime.now(UTC)):
                return
        time.sleep(1)


def _teach(engine: Engine, audit: Audit, folders: Folders, made: Region) -> None:
    """Make the teaching collection once what it teaches from has arrived whole."""
    keys, seal = keys_of(folders, engine)
    for _ in range(ARRIVED_SECONDS):
        with transaction(engine) as tx:
            if teaching.teach_some(tx, audit, keys, seal, made, datetime.now(UTC)):
                return
        time.sleep(1)


def _instances(engine: Engine, study_uid: str) -> int:
    with snapshot(engine) as tx:
        study = queries.study_of(tx, study_uid)
    return study.instances if study else 0


def _print_people(console: Console, made: Region) -> None:
    people = Table("sign in as", "password", "name", "role", "organisation", box=None)
    for each in made.sign_ins:
        people.add_row(each.username, each.password, each.name, each.role.replace("_", " "), each.organisation)
    patients = Table("patient", "identity card", box=None)
    for somebody in PATIENTS:
        patients.add_row(somebody.name, somebody.identity_number)
    console.print(people)
    console.print(patients)
    console.print("Patients sign in at /p with a card and the code of the receipt that the township prints.\n")
