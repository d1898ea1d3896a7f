"""Logs: the same keys everywhere, and never a secret."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import SecretStr
from temporalio.testing import ActivityEnvironment

from unrack.process.logging import configure
from unrack.process.redaction import HIDDEN, Redactor, known_secrets
from unrack.process.settings import LogFormat, Settings


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """Where lines go; what the process logged with before is put back."""
    root = logging.getLogger()
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)


def line(out: io.StringIO, event: str) -> dict[str, Any]:
    """The line of `event`; what runs in the background may log too."""
    (found,) = (each for text in out.getvalue().splitlines() if (each := json.loads(text))["event"] == event)
    return found


def test_one_json_object_a_line(out: io.StringIO) -> None:
    """Ours and a library's line have the same shape."""
    configure(LogFormat.JSON, stream=out)

    structlog.get_logger("unrack.x").info("step done", run="a/b", step="detach.pop")
    logging.getLogger("some.library").warning("slow: %s", 3)

    ours, theirs = line(out, "step done"), line(out, "slow: 3")
    assert (ours["event"], ours["run"], ours["step"], ours["level"]) == ("step done", "a/b", "detach.pop", "info")
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("slow: 3", "warning", "some.library")
    assert set(ours) - {"run", "step"} == set(theirs)


def test_temporal_says_which_run_and_step(out: io.StringIO) -> None:
    """What the SDK attaches to its records becomes our canonical keys."""
    configure(LogFormat.JSON, stream=out)

    details = {"workflow_id": "a/b", "activity_id": "detach.pop", "attempt": 3, "namespace": "default"}
    logging.getLogger("temporalio.activity").info("failed", extra={"temporal_activity": details})

    assert {key: line(out, "failed")[key] for key in ("run", "step", "attempt")} == {
        "run": "a/b",
        "step": "detach.pop",
        "attempt": 3,
    }


def test_a_line_inside_an_activity_names_its_step(out: io.StringIO) -> None:
    """Code below an activity need not pass run and step along."""
    configure(LogFormat.JSON, stream=out)

    ActivityEnvironment().run(lambda: structlog.get_logger("unrack.x").info("called"))

    info = ActivityEnvironment.default_info()
    found = line(out, "called")
    assert (found["run"], found["step"], found["attempt"]) == (info.workflow_id, info.activity_id, info.attempt)


@pytest.mark.parametrize("log_format", [LogFormat.JSON, LogFormat.PRETTY])
def test_no_secret_reaches_a_line(out: io.StringIO, log_format: LogFormat) -> None:
    """By name, inside text and tracebacks, nested, or known by value: a secret is never written."""
    configure(log_format, stream=out, secrets=["known-value"])
    log = structlog.get_logger("unrack.x")

    secret = "s3cr3t"

    log.info("a", consumer_key=secret, inner={"Authorization": "Bearer s3cr3t"}, text="it is known-value here")
    log.info('sent {"application_secret": "s3cr3t"} with X-Ovh-Signature: s3cr3t to https://me:s3cr3t@host/')
    logging.getLogger("requests").warning("GET /x?token=s3cr3t&a=1")
    try:
        _fail(text=f"consumerKey={secret}", _local=secret)
    except ValueError:
        log.exception("boom")

    text = out.getvalue()
    assert "boom" in text
    assert HIDDEN in text
    assert "known-value" not in text
    assert "s3cr3t" not in text


def _fail(text: str, _local: str) -> None:
    """Has a secret among its local variables, which a traceback must not show."""
    raise ValueError(text)


def test_ordinary_words_stay() -> None:
    """Redaction leaves what is no secret."""
    event = {"event": "token expired", "tokens": 3, "step": "request.terminate", "key": "value"}

    assert Redactor(["tok"])(None, "info", dict(event)) == event


def test_secrets_that_the_process_was_given_are_known(tmp_path: Path) -> None:
    """From the environment, from files it names, from the credentials file, from the settings."""
    file = tmp_path / "credentials.toml"
    file.write_text('[ovhcloud.default]\nendpoint = "ovh-eu"\nconsumer_key = "from-file"\n', encoding="utf-8")
    (tmp_path / "key").write_text("from-named-file\n", encoding="utf-8")
    settings = Settings(home=tmp_path, credentials=file, notify_urls=(SecretStr("slack://from-settings"),))
    settings = settings.model_copy(update={"tell_mail": SecretStr("mailtos://from-mail")})
    environment = {
        "UNRACK_OVHCLOUD_DEFAULT_APPLICATION_SECRET": "from-environment",
        "UNRACK_OVHCLOUD_DEFAULT_CONSUMER_KEY_FILE": str(tmp_path / "key"),
        "UNRACK_TASK_QUEUE": "not-a-secret",
        "PASSWORD": "not-ours",
    }

    assert known_secrets(settings, environment) - {""} == {
        "from-file",
        "from-named-file",
        "from-environment",
        "slack://from-settings",
        "from-settings",
        "mailtos://from-mail",
        "from-mail",
    }


TOKEN = "Xy7tok3nQ2"
PLACES = {
    f"discord://123456789012345678/{TOKEN}/": f"POST URL: https://discord.com/api/webhooks/123456789012345678/{TOKEN}",
    f"tgram://987654321:{TOKEN}/12315544": f"https://api.telegram.org:443 'POST /bot987654321:{TOKEN}/sendMessage'",
    f"fr:slack://bot@T1JJ3T3L2/A1BRTD4JD/{TOKEN}/#ops": f"/services/T1JJ3T3L2/A1BRTD4JD/{TOKEN}",
    f"json://hooks.example.org/hook/{TOKEN}": f"Socket Exception: url: /hook/{TOKEN} (Caused by timeout)",
    f"json://user:{TOKEN}@hooks.example.org:8080/x": f"auth=('user', '{TOKEN}')",
    "json://hooks.example.org/hook/xytokenq": "http://hooks.example.org/hook/xytokenq",
    "mailto://unrack:xytokenq@example.org?to=ops@example.org": "AUTH PLAIN unrack xytokenq",
    "jsons://hooks.example.org/?+X-Api=Xy%2Ftok%3A3n": "headers: {'X-Api': 'Xy/tok:3n'} or Xy%2Ftok%3A3n",
    "schan://hooks.example.org?token=xytokenq": "GET /send?key=xytokenq",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("logger", ["apprise", "urllib3.connectionpool", "some.library"])
def test_no_token_of_a_place_for_notices_is_logged(out: io.StringIO, place: str, logger: str) -> None:
    """Wherever a service has its token, and whatever a library says of its address at DEBUG: the token is hidden."""
    settings = Settings(notify_urls=(SecretStr(place),))
    configure(LogFormat.JSON, "DEBUG", stream=out, secrets=known_secrets(settings, {}))

    for level in (logging.DEBUG, logging.INFO, logging.WARNING):
        logging.getLogger(logger).log(level, PLACES[place])

    said = [each["event"] for text in out.getvalue().splitlines() if (each := json.loads(text))["logger"] == logger]
    assert [each for each in said if "tok" in each] == []
    assert len(said) == (1 if logger == "apprise" else 3)


def test_names_of_hosts_and_plain_words_stay_readable(out: io.StringIO) -> None:
    """Hiding what is no secret would take from a log what it is for."""
    places = "json://hooks.example.org:8080/services/alerts mailto://unrack:pass-word@example.org?smtp=mail.example.org"
    secrets = known_secrets(Settings(notify_urls=tuple(map(SecretStr, places.split()))), {})
    configure(LogFormat.JSON, stream=out, secrets=secrets)

    text = "unrack asks example.org and hooks.example.org:8080 for services and alerts by mail.example.org"
    logging.getLogger("x").warning(text)

    assert line(out, text)


@pytest.mark.parametrize("log_format", [LogFormat.JSON, LogFormat.PRETTY])
def test_nothing_in_a_line_is_obeyed_by_a_terminal(out: io.StringIO, log_format: LogFormat) -> None:
    """A provider's words cannot clear the screen, begin a line of their own, or turn the writing round."""
    configure(log_format, stream=out)
    evil = "a\x1b[2Jb\x9bc\u202ed\r\nlevel=info approved"

    structlog.get_logger("x").warning("said", text=evil, inner={"why": [evil]})
    logging.getLogger("library").warning("%s", evil)
    try:
        raise ValueError(evil)  # noqa: TRY301 - its traceback is what is looked at
    except ValueError:
        structlog.get_logger("x").exception(evil)

    text = out.getvalue()
    assert "approved" in text
    assert text.replace("\n", "").isprintable()
