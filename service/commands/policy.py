"""The commands `policy`: versions of the rules are listed, checked, added, compared, tried and switched on."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.engine import Connection

from reading.kinds import Priority, Sex
from reading.register import people
from reading.rules import policy, policy_acts, switches, trial, typed_facts
from reading.rules.comparison import compare
from reading.rules.explanation import explain
from reading.rules.rules_document import kept_rules, read_document, read_rules
from reading.rules.shipped_policies import NAMES, shipped
from reading.rules.typed_facts import TypedFacts
from service.commands.arguments import is_number, local_moment, meant_moment
from service.commands.errors import Refused, cannot_read
from service.commands.open_registry import open_registry
from service.commands.output import AsJson, answer, answer_rows, to_json
from viewer.views import policy_words
from viewer.words.catalogue import Language

commands = typer.Typer(help="The policy: which rule a case meets, who reads it and by when.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(min=1, help="Number of the version, as `policy list` shows it.")]
File = Annotated[Path, typer.Argument(help="The document: JSON as docs/policy.md describes it.")]
At = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], help="Local time here.")]


@commands.command("list")
def list_versions(*, as_json: AsJson = False) -> None:
    """List the versions and when each is in force."""
    with open_registry() as ctx:
        rows = [_of_version(ctx.tx, one) for one in policy_acts.versions(ctx)]
    answer_rows(as_json, rows, ("version", "stage", "since", "until", "rules", "made_at", "made_by", "note"))


@commands.command("show")
def show(
    version: Annotated[str, typer.Argument(help="Number of a version, or the name of a document that is shipped.")],
) -> None:
    """Print the document of a version, or one of those to start from."""
    if version in NAMES:
        typer.echo(json.dumps(shipped(version), ensure_ascii=False, indent=2))
        return
    if not is_number(version):
        raise Refused(f"there is no version {version}", f"a number, or one of {', '.join(NAMES)}")
    with open_registry() as ctx:
        found = policy_acts.version(ctx, int(version))
    typer.echo(json.dumps(dict(found.document), ensure_ascii=False, indent=2))


@commands.command("check")
def check(file: File, *, as_json: AsJson = False) -> None:
    """Check a document without keeping it: every error by its path and a sentence."""
    rules = read_rules(_document(file))
    answer(as_json, {"rules": [rule.name for rule in rules]}, f"{file} is a policy of {len(rules)} rules")


@commands.command("add")
def add(
    file: File,
    *,
    note: Annotated[str, typer.Option(help="What is new in it, in a few words.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep a document as a new version; it is in force once it is switched on."""
    document = _document(file)
    with open_registry() as ctx:
        made = policy_acts.add(ctx, document, note=note, newest=None)
        answer(as_json, {"version": made.version}, f"added version {made.version}; `tierread policy switch` puts it on")


@commands.command("compare")
def compare_versions(before: Number, after: Number, *, as_json: AsJson = False) -> None:
    """Compare two versions, by rule and field."""
    with open_registry() as ctx:
        old, new = (kept_rules(policy_acts.version(ctx, number).document) for number in (before, after))
    found = compare(old, new)
    if as_json:
        typer.echo(to_json(policy_words.comparison_json(found)))
        return
    for line in policy_words.comparison_lines(found, Language.EN) or ["the two versions have the same rules"]:
        typer.echo(line)


@commands.command("switch")
def switch(
    version: Annotated[int | None, typer.Argument(min=1, help="Number of the version.")] = None,
    *,
    at: At = None,
    unread: Annotated[
        bool, typer.Option("--although-unread", help="Also where nobody reads for a site to which it sends cases.")
    ] = False,
    cancel: Annotated[str | None, typer.Option(help="Id of a switch that has not come: it is taken back.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a version into force now, or at a time; cases that exist keep theirs."""
    if cancel is None and version is not None and not yes:
        typer.confirm(_what_changes(version, at), abort=True, err=True)
    with open_registry() as ctx:
        if cancel is not None:
            made = policy_acts.cancel_switch(ctx, cancel)
            answer(as_json, {"switch": made.id}, "the switch is taken back")
            return
        if version is None:
            raise Refused("no version is named", "name its number, or a switch with --cancel")
        missing = [] if unread else policy_acts.without_reader(ctx, version)
        if missing:
            named = ", ".join(f"{site.code} ({tier})" for site, tier in missing)
            raise Refused(
                f"nobody reads for these sites at a tier to which version {version} sends their cases: {named}",
                "`tierread org agreement add` names a reader; --although-unread switches it on all the same",
            )
        made = policy_acts.switch_on(ctx, version, at=local_moment("--at", at), unread=unread)
        when = made.at.astimezone().strftime("%Y-%m-%d %H:%M")
        answer(as_json, {"switch": made.id, "version": version, "at": made.at}, f"version {version} from {when}")


@commands.command("why")
def why(
    *,
    version: Annotated[int | None, typer.Option(help="Number of the version; by default the one in force.")] = None,
    site: Annotated[str, typer.Option(help="Code of the site.")] = "",
    modality: Annotated[str, typer.Option()] = "",
    body_part: Annotated[str, typer.Option()] = "",
    priority: Annotated[Priority, typer.Option()] = Priority.ROUTINE,
    department: Annotated[str, typer.Option()] = "",
    contrast: Annotated[bool | None, typer.Option("--contrast/--plain")] = None,
    request: Annotated[str, typer.Option(help="History and question of the order.")] = "",
    sex: Annotated[Sex, typer.Option()] = Sex.UNKNOWN,
    age: Annotated[int | None, typer.Option(min=0, max=120)] = None,
    at: At = None,
    critical: Annotated[bool, typer.Option("--critical")] = False,
    escalated: Annotated[bool, typer.Option("--escalated")] = False,
    as_json: AsJson = False,
) -> None:
    """Say which rule such a case would meet, and why not those before it."""
    typed = TypedFacts(
        site=site,
        modality=modality,
        body_part=body_part,
        priority=priority,
        department=department,
        contrast=contrast,
        request=request,
        sex=sex,
        age_years=age,
        at=meant_moment("--at", at),
        critical=critical,
        escalated=escalated,
    )
    with open_registry() as ctx:
        chosen = policy.in_force(ctx.tx, ctx.now)
        rules = chosen.rules if version is None else kept_rules(policy_acts.version(ctx, version).document)
        found = explain(rules, typed_facts.facts(ctx, typed))
    if as_json:
        typer.echo(to_json(policy_words.explanation_json(found)))
        return
    for line in policy_words.explanation_lines(found, Language.EN):
        typer.echo(line)


@commands.command("try")
def try_it(
    what: Annotated[str, typer.Argument(help="Number of a version, or a file with a document.")],
    *,
    days: Annotated[int, typer.Option(min=1, max=366, help="The last days up to now.")] = 30,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Instead of --days: from this day.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="With --since: to this day.")] = None,
    most: Annotated[int, typer.Option(min=1, max=10**9, help="Most cases that are looked at.")] = trial.MOST_CASES,
    as_json: AsJson = False,
) -> None:
    """Say who would have read the cases of the last days by when, and what would be otherwise."""
    document = None if is_number(what) else _document(Path(what))
    with open_registry(writing=False) as ctx:
        number = int(what) if document is None else None
        rules = kept_rules(policy.version(ctx.tx, int(what)).document) if document is None else read_rules(document)
        begins = local_moment("--since", since) or ctx.now - timedelta(days=days)
        last = local_moment("--until", until)
        ends = last + timedelta(days=1) if last else ctx.now
        made = trial.run(ctx, rules, since=begins, until=ends, version=number, most=most)
    with open_registry() as ctx:
        trial.record(ctx, made)
    if as_json:
        typer.echo(to_json(policy_words.trial_json(made)))
        return
    for line in policy_words.trial_lines(made, Language.EN):
        typer.echo(line)


def _what_changes(number: int, at: datetime | None) -> str:
    """The question before a switch: what the version has otherwise than the one that is in force."""
    with open_registry(writing=False) as ctx:
        new = policy.version(ctx.tx, number)
        standing = switches.policy_at(ctx.tx, ctx.now)
        old = None if standing is None else policy.by_id(ctx.tx, standing)
    found = compare([] if old is None else old.rules, kept_rules(new.document))
    instead = "" if old is None else f" instead of version {old.version}"
    when = "now" if at is None else f"{at:%Y-%m-%d %H:%M}"
    counted = f"{len(found.added)} rules more, {len(found.removed)} fewer, {len(found.changed)} otherwise"
    return f"Version {number}{instead} decides for all cases that arrive from {when}: {counted}. Switch it on?"


def _document(file: Path) -> Any:
    try:
        return read_document(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise cannot_read(file, error) from error


def _of_version(tx: Connection, one: policy_acts.Listed) -> dict[str, object]:
    kept = one.version
    person = people.by_id(tx, kept.made_by) if kept.made_by else None
    return {
        "version": kept.version,
        "stage": one.stage.value,
        "since": one.since,
        "until": one.until,
        "switch_ahead": one.ahead.id if one.ahead else None,
        "rules": len(kept.document["rules"]),
        "made_at": kept.made_at,
        "made_by": person.username if person else None,
        "note": kept.note,
    }
