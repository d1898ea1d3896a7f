"""The actions of Cloudcraft. They read: the subscription itself has no API (cloudcraft-go; docs.datadoghq.com)."""

from unrack.contracts.action import ActionSpec, Right
from unrack.contracts.id_form import IdForm, IdKind
from unrack.contracts.vendor import Vendor
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import StepKind
from unrack.model.message import msg


def _get(*paths: str) -> tuple[Right, ...]:
    return tuple(Right(method="GET", path=path) for path in paths)


_CLOUDS = ("/aws/account", "/azure/account")

_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        name="cloudcraft.account.check-owner",
        kind=StepKind.CHECK,
        summary="Whom the API key speaks for, and who owns the account: only the owner can cancel.",
        rights=_get("/user/me", "/team"),
        source="S3.1; cloudcraft-go team.go",
    ),
    ActionSpec(
        name="cloudcraft.account.check-channel",
        kind=StepKind.CHECK,
        summary="Where it was bought allows the way in which it is to end.",
        rights=_get("/user/me"),
        parameters=frozenset({"channel"}),
        source="S3.4, S3.6, S3.7",
    ),
    ActionSpec(
        name="cloudcraft.account.check-clouds",
        kind=StepKind.CHECK,
        summary="Lists the linked AWS accounts and Azure subscriptions, whose access is removed on their side.",
        rights=_get(*_CLOUDS),
        source="S3.3; cloudcraft-go aws.go, azure.go",
    ),
    ActionSpec(
        name="cloudcraft.account.check-api",
        kind=StepKind.CHECK,
        summary="Whether the API still answers to the key. A hint, not a proof.",
        rights=_get("/user/me"),
    ),
    ActionSpec(
        name="cloudcraft.account.capture-inventory",
        kind=StepKind.CAPTURE,
        summary="Keeps the list of members, diagrams and linked clouds.",
        rights=_get("/user/me", "/team", "/blueprint", *_CLOUDS),
        evidence=(EvidenceWanted(type="configuration", title=msg("What the account held before the run")),),
    ),
    ActionSpec(
        name="cloudcraft.account.export-blueprints",
        kind=StepKind.CAPTURE,
        summary="Keeps every diagram as JSON, with its budget as CSV.",
        rights=_get("/blueprint", "/blueprint/*", "/blueprint/*/budget/csv"),
        evidence=(EvidenceWanted(type="blueprints", title=msg("Every diagram as data, with its budget")),),
        source="S3.3: the API is a paid feature, so files are fetched before the plan ends",
    ),
    ActionSpec(
        name="cloudcraft.account.export-images",
        kind=StepKind.CAPTURE,
        summary="Keeps every diagram as PNG, SVG and PDF.",
        rights=_get("/blueprint", "/blueprint/*/png", "/blueprint/*/svg", "/blueprint/*/pdf"),
        evidence=(EvidenceWanted(type="blueprint-images", title=msg("Every diagram as pictures")),),
        source="S3.3; cloudcraft-go blueprint.go; 202 means that a picture is not rendered yet",
    ),
)

VENDOR = Vendor(
    actions=_ACTIONS,
    credential="api_key of the account's owner; keys come with a paid plan",
    service_ids={"cloudcraft/subscription": IdKind((IdForm.EMAIL,), "it is the owner's e-mail address")},
)
