"""What people and providers wrote is shown as they wrote it; what a reader would not see is written out."""

import json

import pytest

from unrack.model.visible import one_line, visible, visible_json

HIDDEN = {
    "a colour": ("\x1b[31mred", r"\x1b[31mred"),
    "a title": ("\x1b]0;mine\x07", r"\x1b]0;mine\x07"),
    "an 8-bit sequence": ("\x9b2J", r"\x9b2J"),
    "back to the beginning": ("paid\runpaid", r"paid\runpaid"),
    "backspace": ("no\x08\x08yes", r"no\x08\x08yes"),
    "null and delete": ("a\x00b\x7fc", r"a\x00b\x7fc"),
    "the other direction": ("\u202egnp.exe", r"\u202egnp.exe"),
    "an isolate": ("\u2066a\u2069", r"\u2066a\u2069"),
    "no width": ("ad\u200bmin\ufeff", r"ad\u200bmin\ufeff"),
    "joiners": ("a\u200db\u200c", r"a\u200db\u200c"),
    "a line separator": ("a\u2028b", r"a\u2028b"),
    "a tag": ("a\U000e0041", r"a\U000e0041"),
    "half a character": ("a\udce9.pdf", r"a\udce9.pdf"),
    "a filler": ("a\u3164b", r"a\u3164b"),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_a_reader_would_not_see_is_written_out(name: str) -> None:
    """Control characters, marks of direction, signs without a width: each as Python writes it."""
    raw, shown = HIDDEN[name]

    assert (visible(raw), one_line(raw)) == (shown, shown)
    assert visible(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "remove MAC 3c:cd:36:aa:00:01, large community 65000:100:20, peer 2001:a:b::1",
        "<why> & [bold]not bold[/] :cd: 100 %",
        "Zoë, Łukasz, 李雷, Ольга, … 5\u00a0€ \u26a0\ufe0f",
        r"C:\x1b is a folder",
        "",
    ],
)
def test_what_a_reader_sees_stays(text: str) -> None:
    """Nothing that people can read is changed."""
    assert visible(text) == one_line(text) == text


def test_lines_stay_only_where_there_may_be_several() -> None:
    """A line break in a field of one line would look like another line of the screen."""
    assert visible("a\r\nb\n\tc") == "a\nb\n\tc"
    assert one_line("done\nReleased by\tbob") == r"done\nReleased by\tbob"


@pytest.mark.parametrize("name", HIDDEN)
def test_json_stays_the_same_document(name: str) -> None:
    """On a terminal a document is as harmless as a text, and a program still reads exactly what was written."""
    raw, _ = HIDDEN[name]
    document = visible_json(json.dumps({"reason": raw, "name": "Zoë"}, ensure_ascii=False, indent=2))

    assert json.loads(document) == {"reason": raw, "name": "Zoë"}
    assert visible(document) == document
    assert "Zoë" in document
