"""A plan as a person reads it before confirming anything."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from unrack.cli.render.plan import show_plan
from unrack.cli.screen import Spoken
from unrack.i18n import speaking
from unrack.model.lifecycle import Timing
from unrack.model.service import ProviderClock, ServiceRef
from unrack.runbook import compile_plan, load_request, load_runbook

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def shown(example: str, timing: Timing | None = None, console: type[Console] = Console) -> str:
    """The plan of an example request whose facts are stated, as printed, in one line."""
    request = load_request(ROOT / "examples" / f"{example}.yaml").request
    request = request.model_copy(update={"timing": timing or request.timing})
    runbook = load_runbook(ROOT / "runbooks" / f"{request.runbook}.yaml")
    service = ServiceRef(provider=runbook.model.provider, product=runbook.model.product, service=request.service.id)
    assert request.stated is not None
    facts = request.stated.facts(service, ProviderClock(read_at=NOW, shown=NOW))
    printed = StringIO()
    show_plan(console(file=printed, width=400), compile_plan(runbook, request, facts))
    return " ".join(printed.getvalue().split())


@pytest.mark.parametrize(
    ("example", "words"),
    [
        (
            "whc-domain",  # S1.7
            [
                "let-expire: Automatic renewal is turned off",
                "stated by Ann Roy, not read from the provider",
                "no commitment was stated",
                "Lost for good • The name itself",
                "Kept • Hosting plans",
                "Taken back until when • Everything can be taken back until",
                "which is 2027-03-31 00:00 UTC",
                "a person is asked in time to revoke it by hand",
                "Until the due date the automatic renewal can be turned on again",
            ],
        ),
        (
            "whc-hosting-immediate",  # S1.4, S1.10
            [
                "immediate: WHC ends the plan within 24 hours",
                "that is never before grace is over",
                "Until then the provider has not been asked to end anything.",
                "Afterwards • Ask WHC for a refund",
                "(whc-refund)",
            ],
        ),
        (
            "colonelserver-service",  # S4.3, S4.4, S4.7
            [
                "end-of-term 2027-02-01 00:00 UTC",
                "For 10 days more the provider keeps everything (S4.3)",
                "effective-date 2027-02-11 00:00 UTC",
                "During Colonelserver's grace period the suspended service can be reactivated",
                "Once the service is fully terminated it cannot be restored (S4.7).",
            ],
        ),
        ("colonelserver-service-immediate", ["Nothing is kept (S4.5).", "has not been asked to end anything"]),
    ],
)
def test_what_is_lost_kept_and_taken_back_until_when(example: str, words: list[str]) -> None:
    """S0.4, S0.5, S4.5: in plain words, for every timing, before anyone confirms."""
    text = shown(example)

    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize("example", ["whc-hosting", "whc-hosting-immediate", "colonelserver-service"])
def test_how_grace_is_counted_is_told_in_french(example: str) -> None:
    """A sentence of several clauses is translated clause by clause, the date's and the window's alike."""
    with speaking("fr"):
        text = shown(example, console=Spoken)

    assert "Jusqu'à" in text or "Le délai de grâce dure" in text
    assert "everything can be taken back" not in text
    assert "Grace lasts" not in text
