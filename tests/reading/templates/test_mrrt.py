"""Templates by IHE MRRT: what is taken of them, and that ours come back as they went."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.errors import Invalid
from reading.templates.document import Document, InvalidTemplate, read_document
from reading.templates.mrrt import MOST_CHARACTERS, import_mrrt
from reading.templates.mrrt_export import export_mrrt
from reading.templates.rendering import Language, checked, rendered
from reading.templates.shipped_templates import shipped

PAGE = """<!DOCTYPE html><html><head><title>Abdomen</title><meta charset="UTF-8">
<meta name="dcterms.title" content="Abdomen US">
<script type="text/xml"><template_attributes><status>ACTIVE</status></template_attributes></script>
<style>p { color: red }</style><script>document.title = "run"</script></head><body>
<section data-section-name="Clinical information"><header class="level1">Clinical</header>
  <p><input type="text" name="history"></p></section>
<section data-section-name="Befund"><header class="level1" data-english="Findings">Befund</header>
  <p>Real-time images were taken.</p>
  <p><label for="liver">Liver:</label> <textarea id="liver" name="liver">normal {size}.</textarea></p>
  <p>Spleen <input id="spleen" type="number" name="Spleen length" min="0" max="400" step="1"
     data-field-units="mm" data-field-completion-action="ALERT"></p>
  <table><tr><td>Kidney</td><td>Stones</td></tr>
    <tr><td>Left</td><td><select name="left"><option value=""></option><option value="n">none</option>
      <option>some</option></select></td>
      <td><input type="checkbox" name="cyst" id="cyst"><label for="cyst"> cyst</label></td></tr></table>
  <p>Vessels: <input type="radio" name="vessels" value="a"> open <input type="radio" name="vessels" value="b"> shut</p>
  <select name="filled-by-a-script"></select><input type="hidden" name="id"><button>Copy</button>
</section>
<section data-section-name="Beurteilung"><textarea name="impression"></textarea></section>
</body></html>"""


def taken() -> Document:
    return read_document(import_mrrt(PAGE).document)


def test_controls_become_fields() -> None:
    fields: dict[str, Any] = {one.name: one for one in taken().fields}

    assert list(fields) == ["liver", "spleen_length", "left", "cyst", "vessels", "impression"]
    assert {name: one.kind for name, one in fields.items()} == {
        "liver": "text",
        "spleen_length": "number",
        "left": "choice",
        "cyst": "choice",
        "vessels": "choice",
        "impression": "text",
    }
    spleen = fields["spleen_length"]
    assert (spleen.unit, spleen.low, spleen.high, spleen.decimals, spleen.mandatory) == ("mm", 0, 400, 0, True)
    assert [one.words.en for one in fields["left"].options] == ["none", "some"]
    assert [one.words.en for one in fields["vessels"].options] == ["open", "shut"]
    assert (fields["cyst"].many, fields["vessels"].many) == (True, False)


def test_nobody_s_values_give_the_normal_words_and_no_result() -> None:
    document = taken()

    assert (document.title.zh, import_mrrt(PAGE).left_out) == ("Abdomen US", ("Clinical information",))
    assert rendered(document, {}, "en") == {
        "findings": "Real-time images were taken.\nLiver: normal {size}.\nSpleen: ____.",
        "impression": "",
        "recommendation": "",
    }


def test_values_are_said_with_the_words_beside_them() -> None:
    document = taken()
    values = checked(
        document,
        {
            "liver": "a cyst",
            "spleen_length": 110,
            "left": "o2",
            "cyst": ["o1"],
            "vessels": "o2",
            "impression": "A cyst",
        },
    )

    assert rendered(document, values, "en") == {
        "findings": (
            "Real-time images were taken.\nLiver: a cyst.\nSpleen: 110 mm.\nLeft: some.\nLeft cyst.\nVessels: shut."
        ),
        "impression": "A cyst.",
        "recommendation": "",
    }


@pytest.mark.parametrize("language", ["zh", "en"])
def test_ours_come_back_as_they_went(language: Language) -> None:
    for one in shipped():
        document = read_document(one.document)
        page = export_mrrt(document, language, identifier=one.key)

        assert read_document(import_mrrt(page).document) == document
        assert import_mrrt(_without_ours(page)).document["fields"]


def test_nothing_of_a_template_ends_the_script_that_holds_it() -> None:
    words = {"zh": "</script><script>alert(1)</script>", "en": '<b>&"</b>'}
    document = read_document({"title": words, "sentences": [{"part": "findings", "words": words}]})
    page = export_mrrt(document, "zh", identifier='"><script>')

    assert page.count("</script>") == 2
    assert "<script>" not in page
    assert "<b>" not in page
    assert read_document(import_mrrt(page).document) == document


@pytest.mark.parametrize(
    ("page", "field"),
    [
        ("", "sentences"),
        ("<p>" + "x" * MOST_CHARACTERS, "document"),
        ("<input name=a>" * 101, "fields"),
        (f"<select name=a>{'<option>x' * 41}</select>", "fields.0.choice.options"),
        ('<script id="tierread-template">{"title": 1}</script>', "title"),
        ('<script id="tierread-template">{</script>', "document"),
        ('<script id="tierread-template">' + "[" * 100_000 + "</script>", "document"),
        ('<script id="tierread-template">{"title": 1}', "sentences"),
        ("<p>\ud800</p>", "sentences.0.words"),
    ],
)
def test_what_is_none_is_refused_by_its_path(page: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        import_mrrt(page)

    assert refused.value.field.startswith(field)


TAGS = ("section", "header", "p", "table", "tr", "td", "label", "select", "option", "input", "textarea", "script", "br")


@given(
    st.lists(
        st.one_of(
            st.sampled_from(TAGS).map(lambda tag: f"<{tag} name=a id=a for=a type=checkbox>"),
            st.sampled_from(TAGS).map(lambda tag: f"</{tag}>"),
            st.text(max_size=8),
        ),
        max_size=40,
    )
)
def test_any_html_is_a_template_or_refused(parts: list[str]) -> None:
    try:
        document = read_document(import_mrrt("".join(parts)).document)
    except (Invalid, InvalidTemplate):
        return
    assert rendered(document, {}, "en").keys() == {"findings", "impression", "recommendation"}


def _without_ours(page: str) -> str:
    return page.replace("tierread-template", "other")
