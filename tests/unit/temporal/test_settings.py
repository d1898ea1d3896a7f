"""Settings come from the environment; what is wrong is named, never repeated."""

import os
from pathlib import Path

import pytest

from unrack.model.errors import UnrackError
from unrack.process.settings import SHIPPED_RUNBOOKS, LogFormat, load_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine reaches the tests."""
    for name in [name for name in os.environ if name.startswith("UNRACK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UNRACK_HOME", str(tmp_path / "home"))


def test_without_anything_set_it_works_locally(tmp_path: Path) -> None:
    """The defaults keep everything in one data folder and use the shipped runbooks."""
    settings = load_settings()

    assert settings.home == tmp_path / "home"
    assert settings.evidence == (tmp_path / "home" / "evidence").as_uri()
    assert settings.runbooks == (SHIPPED_RUNBOOKS,)
    assert list(SHIPPED_RUNBOOKS.glob("*.yaml"))
    assert settings.build_id is None


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are written as people write them: folders like PATH, addresses with spaces."""
    monkeypatch.setenv("UNRACK_RUNBOOKS", "/srv/ours:/srv/theirs")
    monkeypatch.setenv("UNRACK_NOTIFY_URLS", "json://one two://key@host")
    monkeypatch.setenv("UNRACK_LOG_FORMAT", "json")
    monkeypatch.setenv("UNRACK_EVIDENCE_URL", "s3://bucket/unrack")

    settings = load_settings()

    assert settings.runbooks == (Path("/srv/ours"), Path("/srv/theirs"))
    assert [url.get_secret_value() for url in settings.notify_urls] == ["json://one", "two://key@host"]
    assert settings.log_format is LogFormat.JSON
    assert settings.evidence == "s3://bucket/unrack"


def test_a_policy_is_named_and_stated_names_are_allowed_by_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without either no policy is in force, and names that people only state are not enough."""
    assert load_settings().policy is None
    assert load_settings().allow_stated is False

    monkeypatch.setenv("UNRACK_POLICY", "~/policy.yaml")
    monkeypatch.setenv("UNRACK_ALLOW_STATED", "1")

    assert load_settings().policy == Path("~/policy.yaml").expanduser()
    assert load_settings().allow_stated is True


@pytest.mark.parametrize(
    "place",
    [
        "mailtos://u:p@smtp.example.org?to=ann@example.org",
        "mailtos://u:p@smtp.example.org?CC=ann@example.org",
        "mailto://smtp.example.org/ann@example.org",
        "json://example.org",
        "mail.example.net",
    ],
)
def test_the_mail_server_for_people_names_no_recipient(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Whoever stands there would get every mail to anybody; and the value, which has a password, is not repeated."""
    monkeypatch.setenv("UNRACK_TELL_MAIL", "mailtos://u:p@smtp.example.org:465?from=unrack@example.org")
    assert load_settings().tell_mail is not None

    monkeypatch.setenv("UNRACK_TELL_MAIL", place)
    with pytest.raises(UnrackError) as refused:
        load_settings()

    assert "UNRACK_TELL_MAIL" in refused.value.problem.message
    assert place not in str(refused.value)


def test_the_command_line_wins(tmp_path: Path) -> None:
    """A data folder named on the command line goes before the environment's."""
    assert load_settings(tmp_path / "other").home == tmp_path / "other"


def test_an_empty_variable_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Container files set variables to nothing; that means not set."""
    monkeypatch.setenv("UNRACK_BUILD_ID", "")

    assert load_settings().build_id is None


def test_every_wrong_variable_is_named_and_no_value_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """All mistakes at once, by the names of the variables."""
    monkeypatch.setenv("UNRACK_LOG_LEVEL", "verysecret")
    monkeypatch.setenv("UNRACK_BUILD_ID", "build with blanks")

    with pytest.raises(UnrackError) as raised:
        load_settings()

    message = raised.value.problem.model_dump_json()
    assert "UNRACK_LOG_LEVEL" in message
    assert "UNRACK_BUILD_ID" in message
    assert "verysecret" not in message
    assert raised.value.__cause__ is None


def test_addresses_of_notices_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """They hold tokens."""
    monkeypatch.setenv("UNRACK_NOTIFY_URLS", "slack://tokenA/tokenB")

    settings = load_settings()

    assert "tokenA" not in f"{settings!r} {settings.model_dump_json()}"
