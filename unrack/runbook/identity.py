"""Which service a request means: its id in the provider's own form, and whether facts are those of this service."""

from collections.abc import Iterator

from unrack.contracts.service_ids import OtherNameError
from unrack.documents.diagnostics import Diagnostic
from unrack.documents.document import Document
from unrack.model.ids import RunId
from unrack.model.message import msg
from unrack.model.request import Request
from unrack.model.service import ServiceFacts
from unrack.providers.catalogue import canonical_id
from unrack.runbook.source import FactsFrom, Runbook


def canonical(model: Runbook, request: Request) -> Request:
    """`request` with the service's id in the form in which the provider knows it; an id that is none stays."""
    try:
        return _naming(request, canonical_id(model.provider, model.product, request.service.id))
    except ValueError:
        return request


def as_read(request: Request, facts: ServiceFacts) -> Request:
    """`request` with the service's id as the provider spells it."""
    return _naming(request, facts.service.service)


def id_errors(model: Runbook, request: Request, document: Document) -> Iterator[Diagnostic]:
    """Why the id cannot be one of this product.

    What merely looks like no id is left to the provider where it is asked: it knows best, and says so.
    """
    given = request.service.id
    service, asked = given, model.facts is FactsFrom.READ
    try:
        service = canonical_id(model.provider, model.product, given)
    except ValueError as error:
        if isinstance(error, OtherNameError) or not asked or not _fits(model, given):
            message = msg(
                "'{given}' is not the id of a {provider} {product}: {error}",
                given=given,
                provider=model.provider,
                product=model.product,
                error=error,
            )
            yield document.diagnostic(("service", "id"), message)
            return
    if not _fits(model, service):
        message = msg(
            "'{given}' cannot be a service id: letters, digits and . _ : @ - only, at most 200, and a dot after an @",
            given=given,
        )
        yield document.diagnostic(("service", "id"), message)


def _fits(model: Runbook, service: str) -> bool:
    """Whether a run id can be made of it."""
    try:
        RunId(provider=model.provider, product=model.product, service=service)
    except ValueError:
        return False
    return True


def foreign_facts(model: Runbook, request: Request, facts: ServiceFacts) -> Iterator[Diagnostic]:
    """Whether the facts are those of another service, or of this one under another name."""
    read, service = facts.service, request.service
    message = msg(
        "the facts are those of {provider} {product} {service} on account {account}",
        provider=read.provider,
        product=read.product,
        service=read.service,
        account=read.account,
    )
    if (read.provider, read.product, read.account) != (model.provider, model.product, service.account):
        wanted = msg(
            "{provider} {product} {id} on account {account}",
            provider=model.provider,
            product=model.product,
            id=service.id,
            account=service.account,
        )
        yield Diagnostic("", 0, 0, message, msg("Read those of {wanted}", wanted=wanted))
    elif _form(model, read.service) != _form(model, service.id):
        told = msg(
            "The provider answers to '{id}' with this id. Write it, if that is the service you mean", id=service.id
        )
        yield Diagnostic("", 0, 0, message, told)


def _form(model: Runbook, text: str) -> str:
    try:
        return canonical_id(model.provider, model.product, text)
    except ValueError:
        return text


def _naming(request: Request, service: str) -> Request:
    return request.model_copy(update={"service": request.service.model_copy(update={"id": service})})
