"""Shows the effects of an extension of grace to the person who asks for it."""

from collections.abc import Iterator

from unrack.cli.render.formats import local
from unrack.model.billing import BilledTerms
from unrack.model.calendar import Zone
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.operations.extending import Prolonged


def extension_lines(shown: Prolonged, plan: Plan) -> Iterator[str]:
    """Whole sentences: the two ends, and what it costs."""
    zone = plan.grace.calendar.zone
    yield msg(
        "Grace ends on {local}; it would end on {local2}.",
        local=local(shown.ends, zone),
        local2=local(shown.would_end, zone),
    )
    if shown.billed is not None:
        yield _terms(shown.billed, zone)
        yield _price(shown.billed)


def _terms(billed: BilledTerms, zone: Zone) -> str:
    begins = local(billed.begins, zone)
    if billed.until is None:
        return msg(
            "The service is then billed beyond {begins}, for as long as the provider's next term lasts.", begins=begins
        )
    if billed.count == 1:
        return msg(
            "The service is then billed for another term, from {begins} until {local}.",
            begins=begins,
            local=local(billed.until, zone),
        )
    return msg(
        "The service is then billed for {count} more terms, from {begins} until {local}.",
        count=billed.count,
        begins=begins,
        local=local(billed.until, zone),
    )


def _price(billed: BilledTerms) -> str:
    length = msg(" ({period})", period=billed.period) if billed.period else ""
    if billed.price is not None:
        return msg("One term{length} costs {price}, by the facts of the plan.", length=length, price=billed.price)
    return msg(
        "The price is that of one more term{length} as your contract has it; the facts of the plan name none.",
        length=length,
    )
