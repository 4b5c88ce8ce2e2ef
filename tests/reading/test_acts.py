"""Every act of reading opens the door to a person's data itself, or says in a sentence why it needs none.

An act is a public function that takes a `reading.context.Context` first, or `Acts`. Its call graph is read from the
source, inside reading only: a name that a function mentions counts as called, so that one handed on counts too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import reading

ROOT = Path(reading.__file__).parents[1]
DOOR = re.compile(r"reading\.access\.\w+\.(open|find)_\w+")
MARK = "reading.context.without_door"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """A module: its functions, and what its names stand for."""

    name: str
    functions: dict[str, Function]
    names: dict[str, str]
    """Local name to the dotted path of what it stands for."""

    def mentions(self, node: ast.AST) -> Iterator[str]:
        """The dotted paths of everything that is named inside ``node``."""
        for each in ast.walk(node):
            if isinstance(each, ast.Name):
                yield self.names.get(each.id, f"{self.name}.{each.id}")
            elif isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
                yield f"{self.names.get(each.value.id, each.value.id)}.{each.attr}"

    def reasons(self, function: Function) -> list[str]:
        """What the marks on a function say; empty where a mark says nothing that can be read here."""
        return [
            argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else ""
            for mark in function.decorator_list
            if isinstance(mark, ast.Call) and MARK in set(self.mentions(mark.func))
            for argument in (mark.args or [ast.Constant("")])
        ]


def source(name: str, text: str) -> Source:
    tree = ast.parse(text)
    names = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return Source(name, {node.name: node for node in tree.body if isinstance(node, Function)}, names)


def sources() -> dict[str, Source]:
    found: dict[str, Source] = {}
    for path in sorted((ROOT / "reading").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found[name] = source(name, path.read_text("utf-8"))
    return found


def is_act(function: Function) -> bool:
    first = [*function.args.posonlyargs, *function.args.args][:1]
    return not function.name.startswith("_") and any(
        argument.annotation is not None and ast.unparse(argument.annotation).startswith(("Context[", "Acts["))
        for argument in first
    )


def acts(modules: dict[str, Source]) -> list[str]:
    return [
        f"{module.name}.{name}"
        for module in modules.values()
        for name, function in module.functions.items()
        if is_act(function)
    ]


def opens_the_door(modules: dict[str, Source], act: str) -> bool:
    waiting, known = [act], {act}
    while waiting:
        path = waiting.pop()
        if DOOR.fullmatch(path):
            return True
        module, _, name = path.rpartition(".")
        if module not in modules or name not in modules[module].functions:
            continue
        fresh = set(modules[module].mentions(modules[module].functions[name])) - known
        known |= fresh
        waiting.extend(fresh)
    return False


def reasons_of(modules: dict[str, Source], act: str) -> list[str]:
    module, _, name = act.rpartition(".")
    return modules[module].reasons(modules[module].functions[name])


def test_an_act_opens_the_door_or_says_why_it_needs_none() -> None:
    modules = sources()
    wrong: list[str] = []
    for act in acts(modules):
        opens, reasons = opens_the_door(modules, act), reasons_of(modules, act)
        if not (opens or reasons):
            wrong.append(f"{act} reaches no reading.access open_* or find_*; open it, or mark it @without_door(why)")
        if opens and reasons:
            wrong.append(f"{act} opens the door; take its @without_door away")
        wrong += [f"{act}: the reason is a sentence, not {each!r}" for each in reasons if not is_a_sentence(each)]

    assert wrong == []


def is_a_sentence(reason: str) -> bool:
    return re.fullmatch(r"[A-Z].*\.", reason) is not None and len(reason.split()) > 3


SAMPLE = """
from reading.access import door, visibility
from reading.context import Context, without_door

def look(ctx: Context[Staff], case_id): door.open_case(ctx, case_id)
def through(ctx: Context[Staff], case_id): _inner(ctx, case_id)
def handed_on(ctx: Context[Staff], case_id): map(_inner, [case_id])
def _inner(ctx, case_id): door.open_case(ctx, case_id)
def closed(ctx: Context[Staff], case_id): visibility.visible_cases(ctx.tx)
@without_door("The worker acts for every site.")
def marked(ctx: Context[Who]): pass
def plain(tx): pass
"""


def test_the_call_graph_is_followed_through_private_functions() -> None:
    modules = {"reading.sample": source("reading.sample", SAMPLE)}
    opening = {act.rpartition(".")[2] for act in acts(modules) if opens_the_door(modules, act)}

    assert [act.rpartition(".")[2] for act in acts(modules)] == ["look", "through", "handed_on", "closed", "marked"]
    assert opening == {"look", "through", "handed_on"}
    assert reasons_of(modules, "reading.sample.marked") == ["The worker acts for every site."]
    assert reasons_of(modules, "reading.sample.closed") == []
