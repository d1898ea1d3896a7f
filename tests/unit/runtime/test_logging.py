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

from unrack.runtime.logging import configure
from unrack.runtime.redaction import HIDDEN, Redactor, known_secrets
from unrack.runtime.settings import LogFormat, Settings


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
    environment = {
        "UNRACK_OVHCLOUD_DEFAULT_APPLICATION_SECRET": "from-environment",
        "UNRACK_OVHCLOUD_DEFAULT_CONSUMER_KEY_FILE": str(tmp_path / "key"),
        "UNRACK_TASK_QUEUE": "not-a-secret",
        "PASSWORD": "not-ours",
    }

    assert known_secrets(settings, environment) == {
        "from-file",
        "from-named-file",
        "from-environment",
        "slack://from-settings",
    }
