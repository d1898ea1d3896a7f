"""OVHcloud's further products as cases of the promises: each turns the bench to a service of its product."""

from datetime import timedelta

from tests.conformance.subject import Bench, Case, Prepare
from unrack import simulator as sim
from unrack.model.lifecycle import Timing
from unrack.model.service import ServiceRef
from unrack.simulator.ovhcloud.seeds_products import COMMITTED

ENDS_IN = timedelta(days=30)
PRODUCTS = tuple(sim.DEMOS)
PLANTED = (*PRODUCTS, "connect-provider")
TOKEN_REPEATS = "a mailed token shows nowhere but in the mailbox; a second mail does no harm"  # a reason


def turned(product: str, *then: Prepare, service: str = "") -> Prepare:
    """Turns the bench to the demonstration service of `product`, captures it, then does `then`."""

    async def prepare(bench: Bench) -> None:
        name = service or sim.DEMOS[product].name
        bench.service = ServiceRef(provider="ovhcloud", product=product, service=name)
        await bench.capture("ovhcloud.service.capture-configuration")
        for step in then:
            await step(bench)

    return prepare


def done(action: str, timing: Timing = Timing.END_OF_TERM) -> Prepare:
    """Does `action` to its end."""

    async def prepare(bench: Bench) -> None:
        await bench.change(action, Case(action, timing=timing))

    return prepare


async def asked(bench: Bench) -> None:
    """Termination was asked for, and a person handed the mailed token over."""
    await bench.provider.commit(bench.call("ovhcloud.service.ask-termination"), bench.materials)
    bench.simulator.set_clock(advance=timedelta(minutes=5))
    bench.secrets["token"] = bench.simulator.mail()[-1].body.partition("&token=")[2].split()[0]


async def ended(bench: Bench) -> None:
    """It ended at its expiry and is retained."""
    await done("ovhcloud.service.schedule-termination")(bench)
    bench.simulator.set_clock(advance=ENDS_IN + timedelta(hours=1))


def common(product: str) -> tuple[Case, ...]:
    """The common actions on a service of `product`."""
    return (
        Case("ovhcloud.service.check-status", turned(product)),
        Case("ovhcloud.service.check-admin-contact", turned(product)),
        Case("ovhcloud.service.check-unchanged", turned(product)),
        Case("ovhcloud.service.capture-configuration", turned(product)),
    )


def confirmed(product: str) -> tuple[Case, ...]:
    """Asking and confirming with the mailed token."""
    return (
        Case(
            "ovhcloud.service.ask-termination",
            turned(product),
            timing=Timing.IMMEDIATE,
            repeats_because=TOKEN_REPEATS,
        ),
        Case("ovhcloud.service.confirm-termination", turned(product, asked), timing=Timing.IMMEDIATE),
    )


def scheduled(product: str) -> tuple[Case, ...]:
    """A planned end, and what is read after it."""
    return (
        Case("ovhcloud.service.schedule-termination", turned(product)),
        Case("ovhcloud.service.await-end", turned(product, ended)),
        Case("ovhcloud.service.skip-retention", turned(product, ended)),
        Case("ovhcloud.service.verify-gone", turned(product, ended)),
        Case("ovhcloud.service.verify-billing-stopped", turned(product, ended), effective_in=-timedelta(hours=1)),
    )


async def partnered(bench: Bench) -> None:
    """A Connect service that a partner delivers."""
    bench.service = ServiceRef(provider="ovhcloud", product="connect-provider", service=sim.PARTNER_SERVICE)


ANY = (
    *common("any-service"),
    *confirmed("any-service"),
    *scheduled("any-service"),
    Case("ovhcloud.service.stop-renewal", turned("any-service"), timing=Timing.LET_EXPIRE),
    Case(
        "ovhcloud.service.end-with-commitment",
        turned("any-service", service=COMMITTED),
        timing=Timing.END_OF_COMMITMENT,
    ),
    Case(
        "ovhcloud.service.answer-survey",
        turned("any-service"),
        timing=Timing.IMMEDIATE,
        repeats_because="whether a survey was answered shows nowhere; a second answer does no harm",
    ),
)

HOSTING = (
    *common("web-hosting"),
    *confirmed("web-hosting"),
    *scheduled("web-hosting"),
    Case("ovhcloud.mail.capture-accounts", turned("web-hosting")),
    Case(
        "ovhcloud.mail.ask-option-termination",
        turned("web-hosting"),
        timing=Timing.IMMEDIATE,
        repeats_because="the mailed link shows nowhere but in the mailbox; a second mail does no harm",
    ),
    Case("ovhcloud.mail.await-options-gone", turned("web-hosting")),
)
MX_PLAN = (
    *common("mx-plan"),
    *confirmed("mx-plan"),
    *scheduled("mx-plan"),
    Case("ovhcloud.mail.capture-accounts", turned("mx-plan")),
)
CLOUD = (
    *common("public-cloud"),
    *confirmed("public-cloud"),
    Case("ovhcloud.cloud.confirm-termination", turned("public-cloud", asked), timing=Timing.IMMEDIATE),
)

NETWORK = (
    *common("domain"),
    *scheduled("domain"),
    Case("ovhcloud.service.stop-renewal", turned("domain"), timing=Timing.LET_EXPIRE),
    Case("ovhcloud.domain.capture-zone", turned("domain")),
    *common("dns-zone"),
    *confirmed("dns-zone"),
    Case("ovhcloud.domain.capture-zone", turned("dns-zone")),
    *common("vrack"),
    *confirmed("vrack"),
    Case("ovhcloud.vrack.check-empty", turned("vrack")),
    Case("ovhcloud.connect.capture-service-keys", partnered),
    Case("ovhcloud.connect.check-service-keys", partnered),
    Case("ovhcloud.connect.capture-configuration", partnered),
)

TELEPHONY = tuple(
    case
    for product in ("telephony-group", "telephony-line")
    for case in (
        *common(product),
        Case("ovhcloud.telephony.terminate", turned(product), parameters={"reason": "cessationOfActivity"}),
        Case("ovhcloud.telephony.check-still-planned", turned(product)),
        Case("ovhcloud.telephony.capture-confirmation", turned(product, done("ovhcloud.telephony.terminate"))),
    )
)


async def _accounts_expired(bench: Bench) -> None:
    """The accounts are gone, the service still stands."""
    await done("ovhcloud.mail.schedule-termination")(bench)
    bench.simulator.set_clock(advance=ENDS_IN - timedelta(days=1))


_PLANNED = done("ovhcloud.mail.schedule-termination")
ACCOUNTS = tuple(
    case
    for product in ("email-pro", "exchange")
    for case in (
        *common(product),
        Case("ovhcloud.mail.capture-accounts", turned(product)),
        Case("ovhcloud.mail.schedule-termination", turned(product)),
        Case("ovhcloud.mail.capture-confirmation", turned(product, _PLANNED)),
        Case("ovhcloud.mail.check-still-planned", turned(product)),
        Case("ovhcloud.mail.await-accounts-gone", turned(product)),
        Case("ovhcloud.mail.detach-domains", turned(product, _accounts_expired)),
    )
)
SMS = (
    *common("sms"),
    Case("ovhcloud.sms.stop-recredit", turned("sms")),
    Case("ovhcloud.sms.ask-deletion", turned("sms"), timing=Timing.IMMEDIATE),
)

CASES: tuple[Case, ...] = (*ANY, *HOSTING, *MX_PLAN, *CLOUD, *NETWORK, *TELEPHONY, *ACCOUNTS, *SMS)
"""Of every further product."""
