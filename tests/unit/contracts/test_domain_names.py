"""Names of domains are compared in one form."""

import pytest

from unrack.contracts.domain_names import ascii_name, comparable, comparable_address, same_name, without_www


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("MÜNCHEN.Example.", "XN--mnchen-3ya.example"),
        ("mu\u0308nchen.example", "münchen.example"),
        ("example\u3002org", "example.org."),
        ("_dmarc.Example.org", "_dmarc.example.org"),
    ],
)
def test_two_spellings_are_one_name(one: str, other: str) -> None:
    """IDNA, case, final dot, compatibility characters."""
    assert same_name(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("strasse.example", "straße.example"), ("a.example", "b.example"), ("example.org", "www.example.org"), ("", "a")],
)
def test_two_names_stay_two(one: str, other: str) -> None:
    """IDNA 2008 keeps ß apart from ss, as registries do."""
    assert not same_name(one, other)


@pytest.mark.parametrize("text", ["", ".", "a b.example", "a..b", "-a.example", "☃ .example", "x" * 64 + ".example"])
def test_what_is_no_name_is_refused_and_still_comparable(text: str) -> None:
    """A provider may hold anything in a field for a domain."""
    with pytest.raises(ValueError, match="not a domain name"):
        ascii_name(text)
    assert comparable(text.upper()) == comparable(text)


def test_www_is_no_part_of_a_registered_name() -> None:
    """Unless it is the name itself."""
    assert without_www("www.example.org") == "example.org"
    assert without_www("www.example") == "www.example"
    assert without_www("wwwexample.org") == "wwwexample.org"


def test_addresses_are_compared_without_case_and_in_ascii() -> None:
    """What is no address stays itself."""
    assert comparable_address(" Ada@Bücher.example ") == "ada@xn--bcher-kva.example"
    assert comparable_address("Ada") == "ada"
