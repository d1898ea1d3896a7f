"""What the command says that it signs."""

from datetime import UTC, datetime

from unrack.cli.render.signing import signing_lines
from unrack.model.decision import Actor, HoldScope
from unrack.model.installation_hold import PlaceHold
from unrack.operations.signing import Signing

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_a_hold_of_all_runs_is_shown_with_its_reach_and_its_end() -> None:
    """Whoever signs one that stops the purge alone, or ends tomorrow, must not think that everything stands still."""
    order = PlaceHold(id="hold-1234", by=Actor(name="omar"), reason="fire", scope=HoldScope.PURGE, until=NOW)
    signing = Signing("omar@example.org", "SHA256:x", "--key", "lab", (("", order),), "0" * 64, NOW)

    shown = "\n".join(signing_lines(signing))

    assert "the purge of every run until 2026-11-30 12:00" in shown
