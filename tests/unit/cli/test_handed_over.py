"""What the command says of a decision that nobody has judged yet."""

import asyncio
import json
from typing import Protocol, cast

import pytest
import typer
from temporalio.client import Client

from unrack.cli.problems import ExitCode
from unrack.cli.settled import end_with
from unrack.model.decision import Actor, Decision, Hold
from unrack.operations import sending
from unrack.operations.sending import HandedOver

_HOLD = Hold(id="12345678", by=Actor(name="omar"), reason="audit")
_WHY = "the run is paused in Temporal by maria"


class Settled(Protocol):
    """Settles a decision that is handed over; the exit code."""

    def __call__(self, *, as_json: bool) -> int:
        """See the class."""
        ...


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> Settled:
    """Settles a decision that is handed over; the exit code."""

    async def handed(_client: Client, _run_id: str, _decision: Decision) -> HandedOver:
        return HandedOver(why=_WHY)

    def settle(*, as_json: bool) -> int:
        monkeypatch.setattr(sending, "decide", handed)
        settled = asyncio.run(sending.settle(cast("Client", None), "test-thing/svc-1", _HOLD))
        with pytest.raises(typer.Exit) as ended:
            end_with(settled, as_json=as_json)
        return ended.value.exit_code

    return settle


def test_it_is_said_and_has_an_exit_code_of_its_own(settled: Settled, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither done nor refused: why it is not judged, when it will be, and where to read the answer."""
    assert settled(as_json=False) == ExitCode.HANDED_OVER
    said = capsys.readouterr().err
    assert _WHY in said
    assert "judges it when it goes on" in said
    assert "unrack history test-thing/svc-1" in said


def test_the_document_says_so_too(settled: Settled, capsys: pytest.CaptureFixture[str]) -> None:
    """No answer, and why there is none."""
    assert settled(as_json=True) == ExitCode.HANDED_OVER
    document = json.loads(capsys.readouterr().out)
    assert document["answer"] is None
    assert document["handed_over"] == {"why": _WHY}
