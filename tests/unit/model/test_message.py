"""A message is the English text wherever a string is wanted, and remembers how it was made wherever it travels."""

import copy

import pytest
from pydantic import BaseModel, ValidationError
from temporalio.api.common.v1 import Payload

from unrack.i18n import translate
from unrack.model.errors import Category, Problem
from unrack.model.message import Message, joined, msg
from unrack.model.message_text import MessageText
from unrack.temporal.converter import DATA_CONVERTER


class _Note(BaseModel):
    text: MessageText = ""
    all: tuple[MessageText, ...] = ()


def _made_of(text: str) -> tuple[str, dict[str, str]]:
    assert isinstance(text, Message)
    return text.template, dict(text.values)


def _payload(value: object) -> Payload:
    return DATA_CONVERTER.payload_converter.to_payloads([value])[0]


def _through_temporal(value: _Note) -> _Note:
    (read,) = DATA_CONVERTER.payload_converter.from_payloads([_payload(value)], [_Note])
    return read


def test_a_message_is_its_english_text() -> None:
    """It is equal to it, in any model and in any document."""
    text = msg("{step} waits for {who}", step="detach.pops", who="ann")

    assert text == "detach.pops waits for ann"
    assert _Note(text=text).model_dump_json() == '{"text":"detach.pops waits for ann","all":[]}'
    assert _Note(text=text).model_dump(mode="json")["text"] == "detach.pops waits for ann"
    assert _Note(text=text) == _Note(text="detach.pops waits for ann")


def test_a_message_crosses_temporal_with_its_template_and_values() -> None:
    """The record holds the English template and the values, once; whoever reads it gets both back."""
    inner = msg("grace ends on {day}", day="2026-03-01")
    read = _through_temporal(_Note(text=msg("parked: {why}", why=inner), all=(inner, "as somebody wrote it")))

    assert _payload(_Note(text=inner)).data == (b'{"text":["grace ends on {day}",{"day":"2026-03-01"}],"all":[]}')
    assert read.text == "parked: grace ends on 2026-03-01"
    assert _made_of(read.text) == ("parked: {why}", {"why": inner})
    assert _made_of(read.all[0]) == _made_of(inner)
    assert type(read.all[1]) is str


def test_a_text_without_values_weighs_nothing_more() -> None:
    """It travels as the plain string that it is."""
    assert _payload(_Note(text=msg("done"))).data == b'{"text":"done","all":[]}'


def test_values_of_people_are_never_read_as_templates() -> None:
    """A brace that somebody wrote stays a brace, in every language."""
    text = msg("{step} is overdue", step="{text} {who} [x]")

    assert text == "{text} {who} [x] is overdue"
    assert translate(text, "fr") == "{text} {who} [x] est en retard"


def test_parts_put_together_remember_how_they_were_made() -> None:
    """With a plus, in a row, or cut where nothing is cut off."""
    one, other = msg("{name} is overdue", name="a.b"), msg("{name} is parked", name="c.d")

    assert _made_of("x: " + one)[1] == {"begin": "x: ", "end": one}
    assert _made_of(one + " x")[1] == {"begin": one, "end": " x"}
    assert _made_of(joined("; ", [one, other])) == ("{part1}; {part2}", {"part1": one, "part2": other})
    assert joined("; ", [one]) is one
    assert joined("; ", ()) == ""
    assert type(joined(", ", ["a", "b"])) is str
    assert one[:4000] is one
    assert one.strip() == one.rstrip() == one
    assert _made_of(msg(" by {who}\n", who="ann").strip()) == ("by {who}", {"who": "ann"})
    assert type(msg("{who}", who=" ann ").strip()) is str
    assert type(one[:3]) is str


def test_an_error_says_a_message() -> None:
    """Its text, and a text around it, remember how it was made."""
    error = ValueError(msg("{step} is overdue", step="a.b"))

    assert translate(str(error), "fr") == "a.b est en retard"
    assert _made_of(msg("wrong: {error}", error=error))[1] == {"error": str(error)}
    assert translate(msg("wrong: {error}", error=error), "fr") == "wrong: a.b est en retard"


def test_copies_are_messages() -> None:
    """A copied state says the same."""
    text = msg("{name} is overdue", name="a.b")

    for again in (copy.copy(text), copy.deepcopy(text), _Note(text=text).model_copy(deep=True).text):
        assert _made_of(again) == _made_of(text)


@pytest.mark.parametrize("wrong", [3, None, [], ["x"], ["x", 3], [3, {}], ["{a}", {"a": 3}]])
def test_what_is_neither_text_nor_message_is_refused(wrong: object) -> None:
    """A payload with something else in its place names the field."""
    with pytest.raises(ValidationError, match="a text is expected"):
        _Note.model_validate({"text": wrong})


def test_a_problem_keeps_its_message_through_an_activity() -> None:
    """What a worker raised is read in French from the history, without being taken apart."""
    problem = Problem(category=Category.INVALID, message=msg("{step} is overdue", step="a.b"))
    (read,) = DATA_CONVERTER.payload_converter.from_payloads([_payload(problem)], [Problem])

    assert translate(read.message, "fr") == "a.b est en retard"
