"""Whatever stands in a file, reading it ends in a model or in diagnostics."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from unrack.runbook import Diagnostic, InputError, load_request, load_runbook
from unrack.runbook.document import parse_document
from unrack.runbook.spans import SPAN_PATTERN, parse_positive_span, parse_span, span_text

SMALL = (Path(__file__).parents[3] / "runbooks" / "ovhcloud-connect-direct.yaml").read_text(encoding="utf-8")
YAMLISH = st.text(st.sampled_from("ab:- \n\t[]{}#&*!|>'\"%@`,?01.~_\\xuU/é\u2028\x07"), max_size=60)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def loads_or_tells(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for load in (load_runbook, load_request):
        found: tuple[Diagnostic, ...] | None = None
        try:
            load(path)
        except InputError as error:
            found = error.diagnostics
        assert found is None or (found and all(one.message for one in found))


@QUIET
@given(text=st.text(max_size=80) | YAMLISH)
@example(text='"\\UFFFFFFFF"')
@example(text="a: &a [*a]")
@example(text="a: 0x_")
@example(text="? ")
@example(text="- - - : [")
def test_any_text_is_told_and_never_raised(tmp_path: Path, text: str) -> None:
    """Arbitrary text raises InputError or nothing."""
    loads_or_tells(tmp_path / "x.yaml", text.encode("utf-8", "surrogatepass"))


@QUIET
@given(content=st.binary(max_size=60))
def test_any_bytes_are_told_and_never_raised(tmp_path: Path, content: bytes) -> None:
    """Arbitrary bytes raise InputError or nothing."""
    loads_or_tells(tmp_path / "x.yaml", content)


@QUIET
@given(
    tree=st.fixed_dictionaries(
        {},
        optional={
            "name": SCALARS,
            "parameters": TREES,
            "timings": TREES,
            "default-timing": SCALARS,
            "phases": st.dictionaries(st.sampled_from(["capture", "purge", "x"]), TREES, max_size=3) | TREES,
            "service": TREES,
            "approval": TREES,
        },
    )
)
def test_any_tree_is_told_and_never_raised(tmp_path: Path, tree: object) -> None:
    """Valid YAML (JSON is YAML) of any shape raises InputError or nothing."""
    loads_or_tells(tmp_path / "x.yaml", json.dumps(tree).encode())


@settings(QUIET, max_examples=60)
@given(data=st.data())
def test_any_damage_to_a_good_runbook_is_told(tmp_path: Path, data: st.DataObject) -> None:
    """A runbook with a piece cut out or typed over loads or is told, never raised."""
    start = data.draw(st.integers(0, len(SMALL)))
    length = data.draw(st.integers(0, 40))
    piece = data.draw(YAMLISH)

    loads_or_tells(tmp_path / "x.yaml", (SMALL[:start] + piece + SMALL[start + length :]).encode())


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
