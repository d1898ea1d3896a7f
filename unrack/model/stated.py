"""A person's statement on a service whose provider gives its customers no way to ask.

Such facts are shown as *stated by whom*, never as read; the runbook has people look again before anything is lost.
"""

from datetime import UTC, date, datetime, time, tzinfo
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from unrack.model.base import PERIOD, Frozen, JsonScalar, Moment, Text, digest_of
from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.model.people import PersonName
from unrack.model.service import Finding, ProviderClock, ServiceFacts, ServiceRef


def first_moment(given: object) -> object:
    """A day, as ``2026-12-31``, as its midnight in UTC until the provider's zone is known; a moment as it is.

    Raises:
        ValueError: it is text that is neither.
    """
    if not isinstance(given, str):
        return given
    try:
        if len(given) == len("2026-12-31"):
            return datetime.combine(date.fromisoformat(given), time(), UTC)
        return datetime.fromisoformat(given)
    except ValueError:
        raise ValueError(
            msg("'{given}' is neither a day, as 2026-12-31, nor a moment with its zone", given=given)
        ) from None


StatedDate = Annotated[
    Moment,
    BeforeValidator(first_moment),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}, mode="validation"
    ),
]
"""A day, or a moment with its zone."""


def _begun(at: datetime | None, zone: tzinfo) -> datetime | None:
    """A day is kept as its midnight in UTC, which nobody states as a time."""
    if at is None or at.utcoffset() or at.time() != time():
        return at
    return datetime.combine(at.date(), time(), zone)


class Stated(Frozen):
    """The facts of one service, as somebody saw them in the provider's panel or on a bill."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"), populate_by_name=True)

    by: PersonName
    """Who looked, and answers for what is stated here."""
    seen_on: StatedDate | None = None
    """The day on which it was seen."""
    title: Annotated[str, Field(min_length=1, max_length=200)]
    """The name of the service in the panel."""
    state: Annotated[str, Field(min_length=1, max_length=100)] = "active"
    """The panel's word for its state."""
    active: bool = True
    """Whether there is anything to cancel."""
    owner: Annotated[str, Field(min_length=1, max_length=200)]
    """Whose account it is: the person or address that the provider accepts a cancellation from."""
    expires_at: StatedDate | None = None
    """The end of the paid term, as 2026-12-31."""
    engaged_until: StatedDate | None = None
    """The end of a minimum term."""
    renewal_period: Annotated[str, Field(pattern=f"^{PERIOD}$")] | None = None
    """Time between bills, as P1M or P1Y; longer than nothing."""
    renews_automatically: bool | None = None
    cancellation_planned: bool = False
    """Whether the provider already has a cancellation request."""
    options: tuple[Text, ...] = ()
    """Options that are billed apart and depend on the service."""
    details: dict[str, JsonScalar] = Field(default_factory=dict)
    """Further facts for people, as the plan's name."""

    def in_zone(self, zone: tzinfo) -> "Stated":
        """The same, its days begun in the provider's `zone`; a moment that is given with its time stays."""
        days = {name: getattr(self, name) for name in ("seen_on", "expires_at", "engaged_until")}
        return self.model_copy(update={name: _begun(at, zone) for name, at in days.items()})

    def facts(self, service: ServiceRef, clock: ProviderClock) -> ServiceFacts:
        """These facts in the form in which a provider's are."""
        return ServiceFacts(
            service=service,
            title=self.title,
            state=self.state,
            active=self.active,
            billing_state=msg("not read"),
            owner=self.owner,
            caller=msg("nobody: people act in the provider's panel"),
            expires_at=self.expires_at,
            engaged_until=self.engaged_until,
            renewal_period=self.renewal_period,
            renews_automatically=self.renews_automatically,
            cancellation_planned=self.cancellation_planned,
            timings=self._timings(),
            options=self.options,
            details=self.details,
            findings=(self._not_read(),),
            configuration_digest=digest_of(self.model_dump(mode="json")),
            clock=clock,
            stated_by=self.by,
        )

    def _timings(self) -> tuple[Timing, ...]:
        """Return the timings that the stated dates allow. People find out whether the provider agrees."""
        term = (Timing.END_OF_TERM, Timing.LET_EXPIRE) if self.expires_at else ()
        commitment = (Timing.END_OF_COMMITMENT,) if self.engaged_until else ()
        return (Timing.IMMEDIATE, *term, *commitment)

    def _not_read(self) -> Finding:
        seen = msg(", who saw it on {seen_on}", seen_on=f"{self.seen_on:%Y-%m-%d}") if self.seen_on else ""
        text = msg(
            "Stated by {by}{seen}; nothing here was read from the provider. Compare it with the panel.",
            by=self.by,
            seen=seen,
        )
        return Finding(subject="facts", text=text)
