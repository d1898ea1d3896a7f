"""What the source documents tell people to do stands in the instructions of the step that keeps the rule."""

from pathlib import Path

import pytest

from unrack.model.lifecycle import Phase
from unrack.runbook import load_runbook

RUNBOOKS = Path(__file__).resolve().parents[3] / "runbooks"

CLIENT_AREA = ("Log in to https://clients.whc.ca", "Do not ask by mail or telephone")
FORM = ("the gear at the top right, then Plan details", "Choose Cancellation request", "write the reason")
AT_END = "Choose the automatic cancellation at the end of the contract"
AT_ONCE = "Choose the immediate cancellation (within 24 hours)"

RULES: list[tuple[str, str, str, tuple[str, ...]]] = [
    ("S1.1", "whc-hosting", "request.submit-request", CLIENT_AREA),
    ("S1.1", "whc-hosting", "purge.submit-immediate", CLIENT_AREA),
    ("S1.1", "whc-ssl", "request.submit-request", CLIENT_AREA),
    ("S1.1", "whc-ssl", "purge.submit-immediate", CLIENT_AREA),
    ("S1.1", "whc-app", "request.submit-request", CLIENT_AREA),
    ("S1.1", "whc-app", "purge.submit-immediate", CLIENT_AREA),
    ("S1.2", "whc-hosting", "request.submit-request", ("choose Hosting (Hébergement), then Manage (Gérer)", *FORM)),
    ("S1.2", "whc-hosting", "purge.submit-immediate", ("choose Hosting (Hébergement), then Manage (Gérer)", *FORM)),
    ("S1.3", "whc-hosting", "request.submit-request", ("tick the box that the domain is not to be renewed",)),
    ("S1.3", "whc-hosting", "purge.submit-immediate", ("tick the box that the domain is not to be renewed",)),
    ("S1.4", "whc-hosting", "request.submit-request", (AT_END, "Not the immediate one")),
    ("S1.4", "whc-hosting", "purge.submit-immediate", (AT_ONCE,)),
    ("S1.4", "whc-ssl", "request.submit-request", (AT_END, "Not the immediate one")),
    ("S1.4", "whc-ssl", "purge.submit-immediate", (AT_ONCE,)),
    ("S1.4", "whc-app", "request.submit-request", (AT_END, "Not the immediate one")),
    ("S1.4", "whc-app", "purge.submit-immediate", (AT_ONCE,)),
    ("S1.5", "whc-ssl", "request.submit-request", ("choose SSL, then Manage (Gérer)", *FORM)),
    ("S1.5", "whc-ssl", "purge.submit-immediate", ("choose SSL, then Manage (Gérer)", *FORM)),
    ("S1.6", "whc-app", "request.submit-request", ("choose Apps, then Manage (Gérer)", *FORM)),
    ("S1.6", "whc-app", "purge.submit-immediate", ("choose Apps, then Manage (Gérer)", *FORM)),
    ("S1.7", "whc-domain", "request.turn-off-renewal", ("choose Domains > Domains", "under automatic renewal")),
    ("S1.8", "whc-domain", "confirm.check-renewal-invoice", ("written request", "with the invoice number")),
    ("S1.9", "whc-domain", "purge.ask-deletion", ("open a ticket", "you know that it cannot be taken back")),
    (
        "S2.11",
        "ovhcloud-connect-direct",
        "handover.remove-cross-connect",
        ("Ask whether an LOA for removal is needed",),
    ),
    ("S2.16", "ovhcloud-connect-direct", "verify.check-routing", ("On each router", "Remove what is left")),
    (
        "S3.5",
        "cloudcraft-subscription",
        "request.cancel-subscription",
        ("Open User > Subscription Settings and choose Cancel subscription", "optional", "Choose Cancel my account"),
    ),
    ("S3.1", "cloudcraft-subscription", "request.cancel-subscription", ("as the owner. Nobody else can cancel",)),
    ("S3.4", "cloudcraft-subscription", "purge.ask-refund", ("Do not cancel in the app", "within the 30 days")),
    ("S3.8", "cloudcraft-subscription", "purge.request-erasure", ("account and all data erased",)),
    (
        "S4.1",
        "colonelserver-service",
        "request.submit-request",
        (
            "choose Manage",
            "Open the section Billing",
            "Scroll to Renewal and Subscription Settings and choose Cancellation request",
            "write the reason",
        ),
    ),
    ("S4.6", "colonelserver-service", "purge.ask-billing", ("Open a ticket to the billing team", "immediate")),
    ("S4.8", "colonelserver-service", "detach.move-dns", ("custom records included", "set the new name servers")),
    ("S4.9", "colonelserver-service", "verify.verify-billing-stopped", ("final charges and adjustments",)),
    (
        "S4.10",
        "colonelserver-service",
        "preflight.try-support-first",
        ("contact Colonelserver's support first", "open a ticket"),
    ),
]


@pytest.mark.parametrize(("rule", "runbook", "step", "words"), RULES)
def test_instructions_say_what_the_document_says(rule: str, runbook: str, step: str, words: tuple[str, ...]) -> None:
    """The step names its rule, and its instructions have the document's own menus and words.

    Rules: S1.1, S1.2, S1.3, S1.4, S1.5, S1.6, S1.7, S1.8, S1.9, S2.11, S2.16, S3.1, S3.4, S3.5, S3.8, S4.1, S4.6, S4.8,
    S4.9, S4.10.
    """
    phase, _, name = step.partition(".")
    steps = load_runbook(RUNBOOKS / f"{runbook}.yaml").model.phases[Phase(phase)]
    found = next(each for each in steps if each.name == name)

    assert found.task is not None
    assert rule in found.rules
    told = " ".join(found.task.instructions.split())
    assert [each for each in words if each not in told] == []
