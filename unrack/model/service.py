"""The service being cancelled, and what its provider says of it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import Field

from unrack.model.base import Frozen, JsonScalar, Moment, is_default
from unrack.model.credential_end import CredentialEnd
from unrack.model.lifecycle import Timing
from unrack.model.message_text import MessageText


class ServiceRef(Frozen):
    """Which service, where, on whose account.

    `account` is the *name* of a credential that only workers can resolve, never the credential itself.
    """

    provider: str
    product: str
    service: str
    account: str = "default"
    address: str | None = Field(default=None, exclude_if=is_default)
    """Short name of the provider's address, as the worker found it; None: the provider's default one, or not read yet.
    It tells equal ids at two addresses apart, and is part of the run's id."""
    simulated: bool = Field(default=False, exclude_if=is_default)
    """Whether the address proved to a worker, when the service was read, that it is a simulator's. A worker changes
    nothing at an address where it is otherwise by then."""


class Amount(Frozen):
    """A sum of money as the provider states it; `value` is a decimal number as text."""

    value: Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$")]
    currency: str


class Dependant(Frozen):
    """Something that hangs on the service and is removed before it."""

    kind: str
    id: str
    title: str
    parent: str | None = None


class Finding(Frozen):
    """One thing a check saw. A blocking finding stops the run until a person decides."""

    subject: MessageText
    """The thing that was looked at, in two or three words."""
    text: MessageText
    """The observation and the advice, in one sentence."""
    blocking: bool = False
    item: str | None = Field(default=None, exclude_if=is_default)
    """Which of several it is about, by the provider's own name: a port, an option."""
    before: MessageText | None = Field(default=None, exclude_if=is_default)
    """The value seen or read earlier in this run, where something changed."""
    now: MessageText | None = Field(default=None, exclude_if=is_default)
    """The value seen now, in the provider's own word."""
    at: Moment | None = Field(default=None, exclude_if=is_default)
    """Since when it is seen, where that counts."""

    def same_as(self, other: "Finding") -> bool:
        """Whether both saw the same, whenever they saw it: texts may tell times."""
        if self.now is None or other.now is None:
            return (self.subject, self.text) == (other.subject, other.text)
        mine, theirs = (self.subject, self.item, self.now), (other.subject, other.item, other.now)
        return mine == theirs


_LAST_MOMENT = datetime.max.replace(tzinfo=UTC)


class ProviderClock(Frozen):
    """The provider's clock against the reader's.

    Here alone it is known that a simulator's clock may run faster than ours; everything else asks `at`, `until`, `here`
    or `there`. Workers say how fast it runs (`unrack.providers.simulation`).
    """

    read_at: Moment
    """The reader's time when the clock was read."""
    shown: Moment
    """The time that the provider's clock showed then."""
    scale: Annotated[float, Field(gt=0)] = Field(default=1.0, exclude_if=is_default)
    """How many seconds pass at the provider in one second here; a real provider's clock keeps our pace."""

    def at(self, now: datetime) -> datetime:
        """The provider's time when the reader's clock shows `now`; at most the last moment that there is."""
        try:
            return self.shown + (now - self.read_at) * self.scale
        except OverflowError:
            return _LAST_MOMENT if now > self.read_at else self.shown

    def here(self, span: timedelta) -> timedelta:
        """How long `span` at the provider lasts for the reader."""
        return span / self.scale

    def there(self, span: timedelta) -> timedelta:
        """How much time passes at the provider in `span` of the reader's."""
        return span * self.scale

    @property
    def keeps_our_pace(self) -> bool:
        """Whether it runs neither faster nor slower than the reader's: a real provider's does."""
        return self.scale == 1.0

    def moved_to(self, now: datetime) -> "ProviderClock":
        """The same clock as it stands when the reader's clock shows `now`."""
        return self.model_copy(update={"read_at": now, "shown": self.at(now)})

    def until(self, moment: datetime, now: datetime) -> timedelta:
        """How long the reader waits until the provider's clock shows `moment`; never negative, never too short."""
        span = max(timedelta(0), moment - self.at(now))
        left = self.here(span)
        return left if left * self.scale >= span else left + timedelta.resolution


class ServiceFacts(Frozen):
    """The provider's facts about a service, read at one moment, without changing anything.

    Money, dates and states are the provider's own words; the compiler turns them into dates of a plan.
    """

    service: ServiceRef
    title: MessageText
    state: MessageText
    """The provider's word for the service's state (OVH ``status``: ``active``, ``closed``; ovh-api)."""
    active: bool
    billing_state: MessageText
    owner: str
    """Who must ask for the cancellation (OVH: the admin contact, S0.3)."""
    caller: MessageText
    """Who the worker's credential speaks for."""
    expires_at: Moment | None = None
    engaged_until: Moment | None = None
    early_exit_fee: Amount | None = None
    renewal_period: str | None = None
    """ISO 8601 duration between bills, as ``P1M``."""
    term_price: Amount | None = Field(default=None, exclude_if=is_default)
    """The price that the provider bills for one such period."""
    renews_automatically: bool | None = None
    cancellation_planned: bool = False
    timings: tuple[Timing, ...] = ()
    """The timings that the provider would accept now."""
    options: tuple[MessageText, ...] = ()
    """Options billed apart, by name."""
    dependants: tuple[Dependant, ...] = ()
    details: dict[str, JsonScalar] = Field(default_factory=dict)
    """Further facts for people: point of presence, port, bandwidth."""
    findings: tuple[Finding, ...] = ()
    """Findings that block a run or should be known before one."""
    nothing_for: dict[str, str] = Field(default_factory=dict, exclude_if=is_default)
    """Actions that would find nothing to act on at this service, by name, with what is missing."""
    configuration_digest: str
    """Digest of the configuration that reactivation would restore."""
    clock: ProviderClock
    credential_end: CredentialEnd | None = Field(default=None, exclude_if=is_default)
    """When the credential ends with which the facts were read; None when it does not end."""
    stated_by: str | None = Field(default=None, exclude_if=is_default)
    """Who stated these facts, where the provider cannot be asked; None when they were read there."""

    def fingerprint(self) -> dict[str, object]:
        """The facts without the provider's clock: equal when nothing moved."""
        return self.model_dump(mode="json", exclude={"clock"})
