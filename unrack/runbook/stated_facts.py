"""Whether a request states the facts that its runbook needs, with the place of each missing one."""

from collections.abc import Iterator

from unrack.documents.diagnostics import Diagnostic
from unrack.documents.document import Document
from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.model.request import Request
from unrack.model.stated import Stated
from unrack.runbook.source import FactsFrom, Runbook

_DATES = {
    Timing.END_OF_TERM: "expires-at",
    Timing.LET_EXPIRE: "expires-at",
    Timing.END_OF_COMMITMENT: "engaged-until",
}
"""The date that a timing is counted from."""


def stated_errors(model: Runbook, request: Request, document: Document) -> Iterator[Diagnostic]:
    """Yield the faults of the part ``stated`` of `request`."""
    if model.facts is FactsFrom.READ:
        if request.stated is not None:
            message = msg(
                "the runbook '{name}' reads its facts from the provider; nothing needs to be stated", name=model.name
            )
            yield document.diagnostic(("stated",), message, msg("Remove 'stated'"), key=True)
        return
    if request.stated is None:
        message = msg(
            "'stated' is missing: nobody can ask {provider} about a service, so the request says what it is",
            provider=model.provider,
        )
        yield document.diagnostic(
            (), message, msg("Add 'stated' with by, title, owner and expires-at, as the panel shows")
        )
        return
    yield from _dates(request.timing or model.default_timing, request.stated, document)


def _dates(timing: Timing, stated: Stated, document: Document) -> Iterator[Diagnostic]:
    wanted = _DATES.get(timing)
    if wanted is not None and getattr(stated, wanted.replace("-", "_")) is None:
        message = msg(
            "the timing '{value}' counts from '{wanted}', which is not stated", value=timing.value, wanted=wanted
        )
        yield document.diagnostic(("stated",), message, msg("Add it as the panel shows it, as 2026-12-31"), key=True)
