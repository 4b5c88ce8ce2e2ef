"""The HTML of a report template by IHE MRRT, read into lines of words and fields; nothing in it is run or shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from html.parser import HTMLParser
from typing import Final, TypeAlias

EMBEDDED: Final = "tierread-template"
"""The id of the script that holds the document of a template which we exported."""


class Control(StrEnum):
    TEXT = "text"
    LONG_TEXT = "textarea"
    NUMBER = "number"
    SELECT = "select"
    CHECKBOX = "checkbox"
    RADIO = "radio"


@dataclass(kw_only=True)
class Option:
    value: str
    words: str = ""


@dataclass(kw_only=True)
class FormField:
    """A control; boxes and buttons of one name are one control with an option each."""

    key: str
    control: Control
    attributes: Mapping[str, str]
    options: list[Option] = field(default_factory=list[Option])
    default: str = ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a control stands in a line; ``option`` counts from 0 and is of boxes and buttons alone."""

    key: str
    option: int | None = None


Token: TypeAlias = str | Place


@dataclass(kw_only=True)
class Line:
    """Words and controls that stand beside each other."""

    section: int
    """Its place in `Form.sections`."""
    row: int
    """Lines of one row of a table have one number; 0 outside of tables."""
    tokens: list[Token] = field(default_factory=list[Token])


@dataclass(kw_only=True)
class Section:
    names: list[str]
    """What it is called, by its attribute and by its heading, in English where that says so."""
    within: int | None


@dataclass(kw_only=True)
class Form:
    title: str = ""
    embedded: str = ""
    sections: list[Section] = field(default_factory=lambda: [Section(names=[], within=None)])
    lines: list[Line] = field(default_factory=list[Line])
    fields: dict[str, FormField] = field(default_factory=dict[str, FormField])
    labels: dict[str, str] = field(default_factory=dict[str, str])
    """By the id of a control."""
    ids: dict[str, Place] = field(default_factory=dict[str, Place])


_BLOCKS: Final = frozenset(
    (
        "p",
        "li",
        "ul",
        "ol",
        "div",
        "table",
        "tbody",
        "thead",
        "tr",
        "br",
        "td",
        "th",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    )
)
_NO_CONTROLS: Final = frozenset(("hidden", "button", "submit", "reset", "image", "file", "password"))
_UNSEEN: Final = frozenset(("script", "style", "button"))
_NUMBERS: Final = frozenset(("number", "numeric"))


def read_form(html: str) -> Form:
    """The sections, lines and controls of a template (IHE RAD TF-3 7.1, the MRRT supplement)."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end_line()
    for line in reader.form.lines:
        _name_boxes(reader.form, line)
    _leave_out_empty(reader.form)
    return reader.form


def _leave_out_empty(form: Form) -> None:
    """Without lists that offer nothing: a script would have filled them."""
    for one in form.fields.values():
        one.options = [option for option in one.options if option.words or option.value.strip()]
    offered = {Control.SELECT, Control.CHECKBOX, Control.RADIO}
    empty = {key for key, one in form.fields.items() if one.control in offered and not one.options}
    for key in empty:
        del form.fields[key]
    for line in form.lines:
        line.tokens = [token for token in line.tokens if isinstance(token, str) or token.key not in empty]


def _name_boxes(form: Form, line: Line) -> None:
    """Give boxes and buttons without a label the words behind them."""
    labelled = [form.ids[name] for name in form.labels if name in form.ids]
    for number, token in enumerate(line.tokens[:-1]):
        behind = line.tokens[number + 1]
        if isinstance(token, Place) and token.option is not None and token not in labelled and isinstance(behind, str):
            form.fields[token.key].options[token.option].words = behind.strip()
            line.tokens[number + 1] = ""
    line.tokens = [token for token in line.tokens if token]
    for name, words in form.labels.items():
        place = form.ids.get(name)
        if place is not None and place.option is not None:
            form.fields[place.key].options[place.option].words = words


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.form = Form()
        self._line = Line(section=0, row=0)
        self._section = 0
        self._row = 0
        self._rows = 0
        self._unseen = 0
        self._heading = False
        self._text: list[str] | None = None
        """What is collected instead of words: a label, an option, the text of an area, the title, our own document."""
        self._label_for = ""
        self._select: FormField | None = None

    def end_line(self) -> None:
        if any(isinstance(token, Place) or token.strip() for token in self._line.tokens):
            self.form.lines.append(self._line)
        self._line = Line(section=self._section, row=self._row)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag in _UNSEEN:
            self._unseen += 1
            if named.get("id") == EMBEDDED:
                self._text = []
        elif tag == "meta":
            if named.get("name", "").lower() == "dcterms.title":
                self.form.title = named.get("content", "").strip()
        elif tag in {"title", "label"}:
            self._text = []
            self._label_for = named.get("for", "")
        elif tag == "section":
            self.end_line()
            name = named.get("data-section-name", "").strip()
            self.form.sections.append(Section(names=[name] if name else [], within=self._section))
            self._section = len(self.form.sections) - 1
            self.end_line()
        elif tag == "header":
            self.end_line()
            self._heading = True
            if english := named.get("data-english", "").strip():
                self.form.sections[self._section].names.insert(0, english)
        elif tag in {"input", "select", "textarea"}:
            self._control(tag, named)
        elif tag == "option" and self._select is not None:
            self.handle_endtag("option")  # which may be left out (HTML 13.1.2.4)
            self._select.options.append(Option(value=named.get("value", "")))
            self._text = []
        elif tag in _BLOCKS:
            if tag == "tr":
                self._rows += 1
                self._row = self._rows
            self.end_line()

    def handle_endtag(self, tag: str) -> None:
        collected = "".join(self._text or ()).strip()
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
            if self._text is not None and tag == "script":
                self.form.embedded, self._text = collected, None
        elif tag == "title":
            self.form.title = self.form.title or collected
            self._text = None
        elif tag == "label" and self._text is not None:
            self._text = None
            if self._label_for:
                self.form.labels[self._label_for] = collected
            else:
                self._line.tokens.append(collected + " ")
        elif tag == "option" and self._select is not None and self._select.options and self._text is not None:
            self._select.options[-1].words = collected
            self._text = None
        elif tag == "textarea" and self._select is not None:
            self._select.default, self._select, self._text = collected, None, None
        elif tag == "select":
            self.handle_endtag("option")
            self._select, self._text = None, None
        elif tag == "header":
            self._heading = False
        elif tag == "section":
            self.end_line()
            self._section = self.form.sections[self._section].within or 0
            self.end_line()
        elif tag in _BLOCKS:
            self.end_line()
            if tag in {"tr", "table"}:
                self._row = 0
                self.end_line()

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)
        elif self._heading:
            if data.strip():
                self.form.sections[self._section].names.append(" ".join(data.split()))
        elif not self._unseen:
            words = " ".join(data.split())
            self._line.tokens.append(words + " " if words else "")

    def _control(self, tag: str, named: Mapping[str, str]) -> None:
        kind = named.get("type", "").lower() if tag == "input" else tag
        if kind in _NO_CONTROLS:
            return
        if kind in {Control.CHECKBOX, Control.RADIO}:
            self._box(Control(kind), named)
            return
        typed = named.get("data-field-type", "").lower()
        if tag == "select":
            control = Control.SELECT
        elif tag == "textarea":
            control = Control.LONG_TEXT
        else:
            control = Control.NUMBER if {kind, typed} & _NUMBERS else Control.TEXT
        key = f"{len(self.form.fields)}"
        made = FormField(key=key, control=control, attributes=named, default=named.get("value", "").strip())
        self._put(made, Place(key=key), named)
        if tag != "input":
            self._select = made
        if tag == "textarea":
            self._text = []

    def _box(self, control: Control, named: Mapping[str, str]) -> None:
        key = f"{control}.{named.get('name') or named.get('id') or len(self.form.fields)}"
        made = self.form.fields.get(key) or FormField(key=key, control=control, attributes=named)
        made.options.append(Option(value=named.get("value", "")))
        self._put(made, Place(key=key, option=len(made.options) - 1), named)

    def _put(self, made: FormField, place: Place, named: Mapping[str, str]) -> None:
        self.form.fields[made.key] = made
        self._line.tokens.append(place)
        if name := named.get("id"):
            self.form.ids[name] = place
