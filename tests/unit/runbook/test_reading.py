"""Whatever stands in a file, reading it ends in a model or in diagnostics."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from unrack.documents.document import parse_document
from unrack.runbook import Diagnostic, InputError, load_request, load_runbook
from unrack.runbook.spans import SPAN_PATTERN, parse_positive_span, parse_span, span_text

SMALL = (Path(__file__).parents[3] / "runbooks" / "ovhcloud-connect-direct.yaml").read_text(encoding="utf-8")
YAMLISH = st.text(st.sampled_from("ab:- \n\t[]{}#&*!|>'\"%@`,?01.~_\\xuU/é\u2028\x07"), max_size=60)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
FEW_AND_MANY = pytest.mark.parametrize(
    "examples", [pytest.param(40, id="a-few"), pytest.param(150, id="many", marks=pytest.mark.long)]
)


def played(examples: int) -> settings:
    """So many examples, each in the same folder."""
    return settings(max_examples=examples, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize(
    "text",
    [
        "reason: see ticket\n  #4711\n",
        "reason: see ticket\n\n  #4711, and more\nowner: alice\n",
        "reason:\n  see ticket\n  #4711\n",
        "service:\n  note: see ticket\n    #4711\n",
        "notes:\n  - see ticket\n    #4711\n",
    ],
)
def test_a_comment_that_cuts_a_wrapped_value_is_refused(text: str) -> None:
    """Whoever wraps a long line may begin the next one with the ticket."""
    with pytest.raises(InputError, match=r"#4711.* is a comment here") as told:
        parse_document(text, "request.yaml")

    place = told.value.diagnostics[0]
    assert text.splitlines()[place.line - 1][place.column - 1 :].startswith("#4711")


@pytest.mark.parametrize(
    "text",
    [
        "reason: x\n#4711 was the ticket\nowner: alice\n",
        "notes:\n  - x\n  #2 is left out\n  - y\n",
        "service:\n  note: x\n  #1 of 2\n  id: y\n",
        "reason: x\n  # 4711\n",
        "notes:\n  - x\n    #- y\n",
        "reason: >-\n  see ticket\n  #4711\n",
    ],
)
def test_a_comment_between_values_is_one(text: str) -> None:
    """It stands where no value goes on, or does not look like a ticket."""
    parse_document(text, "request.yaml")


def loads_or_tells(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for load in (load_runbook, load_request):
        found: tuple[Diagnostic, ...] | None = None
        try:
            load(path)
        except InputError as error:
            found = error.diagnostics
        assert found is None or (found and all(one.message for one in found))


@FEW_AND_MANY
def test_any_text_is_told_and_never_raised(tmp_path: Path, examples: int) -> None:
    """Arbitrary text raises InputError or nothing."""

    @played(examples)
    @given(text=st.text(max_size=80) | YAMLISH)
    @example(text='"\\UFFFFFFFF"')
    @example(text="a: &a [*a]")
    @example(text="a: 0x_")
    @example(text="? ")
    @example(text="0")
    @example(text="- - - : [")
    def is_told(text: str) -> None:
        loads_or_tells(tmp_path / "x.yaml", text.encode("utf-8", "surrogatepass"))

    is_told()


@FEW_AND_MANY
def test_any_bytes_are_told_and_never_raised(tmp_path: Path, examples: int) -> None:
    """Arbitrary bytes raise InputError or nothing."""

    @played(examples)
    @given(content=st.binary(max_size=60))
    def are_told(content: bytes) -> None:
        loads_or_tells(tmp_path / "x.yaml", content)

    are_told()


@FEW_AND_MANY
def test_any_tree_is_told_and_never_raised(tmp_path: Path, examples: int) -> None:
    """Valid YAML (JSON is YAML) of any shape raises InputError or nothing."""
    shapes = {
        "name": SCALARS,
        "parameters": TREES,
        "timings": TREES,
        "default-timing": SCALARS,
        "phases": st.dictionaries(st.sampled_from(["capture", "purge", "x"]), TREES, max_size=3) | TREES,
        "service": TREES,
        "approval": TREES,
    }

    @played(examples)
    @given(tree=st.fixed_dictionaries({}, optional=shapes))
    def is_told(tree: object) -> None:
        loads_or_tells(tmp_path / "x.yaml", json.dumps(tree).encode())

    is_told()


@pytest.mark.parametrize(
    "examples", [pytest.param(20, id="a-few"), pytest.param(60, id="many", marks=pytest.mark.long)]
)
def test_any_damage_to_a_good_runbook_is_told(tmp_path: Path, examples: int) -> None:
    """A runbook with a piece cut out or typed over loads or is told, never raised."""

    @played(examples)
    @given(start=st.integers(0, len(SMALL)), length=st.integers(0, 40), piece=YAMLISH)
    def is_told(start: int, length: int, piece: str) -> None:
        loads_or_tells(tmp_path / "x.yaml", (SMALL[:start] + piece + SMALL[start + length :]).encode())

    is_told()


def test_values_are_read_as_yaml_1_2() -> None:
    """`yes` and `on` are words, dates are text, 012 is twelve."""
    text = "{a: yes, b: on, c: 2026-01-01, d: 012, e: 0x1F, f: -1_000, g: 1.5, h: ~, i: 'null', j: false}"

    assert parse_document(text, "x").data == {
        "a": "yes",
        "b": "on",
        "c": "2026-01-01",
        "d": 12,
        "e": 31,
        "f": -1000,
        "g": 1.5,
        "h": None,
        "i": "null",
        "j": False,
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7d", timedelta(days=7)),
        ("24h", timedelta(hours=24)),
        ("30m", timedelta(minutes=30)),
        ("1w 2d", timedelta(days=9)),
        ("1w2d", timedelta(days=9)),
        ("-25h", timedelta(hours=-25)),
        ("-1d 1h", timedelta(hours=-25)),
        ("0h", timedelta(0)),
    ],
)
def test_durations_as_people_write_them(text: str, expected: timedelta) -> None:
    """Weeks, days, hours, minutes and seconds; a minus holds for all of it."""
    assert parse_span(text) == expected


@pytest.mark.parametrize(
    "text", ["", "7", "d", "7 d", "P7D", "1:30", "1.5h", "1mo", "1y", " 7d", "7d ", "--1h", 7, None, []]
)
def test_what_is_no_duration(text: object) -> None:
    """Nothing is guessed: a number without a unit, months and years are refused."""
    with pytest.raises(ValueError, match="is not a duration"):
        parse_span(text)


@given(st.timedeltas(min_value=timedelta(days=-3000), max_value=timedelta(days=3000)))
def test_durations_round_trip(span: timedelta) -> None:
    """What is printed is read back as the same, to the second."""
    whole = timedelta(seconds=int(span.total_seconds()))

    assert parse_span(span_text(whole)) == whole


@given(st.from_regex(SPAN_PATTERN, fullmatch=True))
def test_everything_the_schema_allows_is_judged(text: str) -> None:
    """A text of the right shape is a duration, or too long, or not positive; nothing else happens."""
    for parse in (parse_span, parse_positive_span):
        try:
            parse(text)
        except ValueError as error:
            assert "longer than" in str(error)  # noqa: PT017 - either outcome is right


GLUED = {
    "reason: see ticket #4711, agreed": (1, 20, "#4711, agreed"),
    "ticket: #4711": (1, 9, "#4711"),
    "quoted: 'x' #y": (1, 13, "#y"),
    "list:\n  - a\n  - #b": (3, 5, "#b"),
    "list: [a, #b\n  c]": (1, 11, "#b"),
    "map: {a: b} #c": (1, 13, "#c"),
    "number: 1  #2": (1, 12, "#2"),
    "key: #4711\n  deeper: x": (1, 6, "#4711"),
    "long: a\n  b #c": (2, 5, "#c"),
    "key : x\n? #y\n: z": (2, 3, "#y"),
}


@pytest.mark.parametrize("text", GLUED)
def test_a_comment_that_cuts_a_value_is_refused(text: str) -> None:
    """What a reviewer reads as value is value, or the file is refused, with the place and what to do."""
    line, column, comment = GLUED[text]

    with pytest.raises(InputError) as raised:
        parse_document(text, "x.yaml")

    (only,) = raised.value.diagnostics
    assert (only.line, only.column) == (line, column), text.splitlines()[line - 1][only.column - 1 :]
    assert f"'{comment}' is a comment here" in only.message
    assert "in quotes" in only.suggestion


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: b # why", {"a": "b"}),
        ("a: b #", {"a": "b"}),
        ("#all of it\na: b\n  #and this\nc: d", {"a": "b", "c": "d"}),
        ("a: 'see #4711'", {"a": "see #4711"}),
        ("a: see#4711", {"a": "see#4711"}),
        ("a: http://x/#y", {"a": "http://x/#y"}),
        ("a: |\n  text #4711\n  #more\n", {"a": "text #4711\n#more\n"}),
    ],
)
def test_ordinary_comments_and_values_with_a_hash_stay(text: str, data: object) -> None:
    """A space after the sign makes it a comment, quotes make it text; lines of comments are comments."""
    assert parse_document(text, "x.yaml").data == data


@pytest.mark.parametrize("text", ["1h 1w", "1d 1d", "3d2w", "1s 1m"])
def test_a_span_that_cannot_be_read_is_said_to_be_so(text: str) -> None:
    """And not to be longer than ten years."""
    with pytest.raises(ValueError, match="cannot be read as a duration: write each unit once"):
        parse_span(text)


@pytest.mark.parametrize("text", ["\u0661h", "\u0967d", "1h ", "1h\n", "", "h", "1.5h", "P1D"])
def test_what_is_no_span_is_none(text: str) -> None:
    """Digits of other scripts, which the schema refuses, too."""
    with pytest.raises(ValueError, match="is not a duration"):
        parse_span(text)
