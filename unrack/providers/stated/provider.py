"""Services that people state and cancel by hand, as a provider: it knows dates and the time, and changes nothing."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import NoReturn

from unrack.contracts.calls import (
    AccessCall,
    AccessResult,
    ChangeResult,
    CheckResult,
    CommitResult,
    ProbeResult,
    StepCall,
)
from unrack.model.calendar import Zone
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.service import Finding, ProviderClock, ServiceFacts, ServiceRef
from unrack.model.stated import Stated
from unrack.providers.base import Captured, Compared, Materials, Polled, Record
from unrack.providers.stated.clock import StatedClock
from unrack.providers.stated.credential import StatedCredential

_DAY_FIELD = "effective-date"


class StatedServices:
    """The `unrack.providers.base.Provider` of whatever has no API for its customers."""

    def __init__(self, credential: StatedCredential) -> None:
        """Judge dates by the clock that `credential` names."""
        self._credential = credential
        self._clock = StatedClock(credential)

    @property
    def endpoint(self) -> str:
        """The simulator whose clock counts; empty for the worker's own."""
        return self._credential.endpoint

    async def close(self) -> None:
        """Close the connections."""
        await self._clock.close()

    async def stated_facts(self, service: ServiceRef, stated: Stated) -> ServiceFacts:
        """The facts of `service` as `stated`, with the time now."""
        return stated.facts(service, await self._clock.read())

    async def facts(self, service: ServiceRef) -> ServiceFacts:
        """Refused: facts of such a service come with the request."""
        _refuse(
            msg("nobody can be asked about '{service}'", service=service.service),
            msg("state its facts in the request, under 'stated'"),
        )

    async def access(self, call: AccessCall) -> AccessResult:
        """Whether the clock can be read; no right is needed."""
        result = AccessResult(provider=call.provider, account=call.account, endpoint=self._credential.endpoint)
        try:
            await self._clock.read()
        except UnrackError as error:
            return result.model_copy(update={"problem": error.problem})
        return result.model_copy(update={"caller": msg("nobody: people act")})

    async def credential_end(self) -> None:
        """See `Provider.credential_end`: nothing here ends by itself."""

    async def check(self, call: StepCall, materials: Materials) -> CheckResult:  # noqa: ARG002  the port's signature
        """``stated.service.check-date``: how the recorded effective date and the time stand to each other."""
        _only(call, "stated.service.check-date")
        clock = await self._clock.read()
        return CheckResult(findings=tuple(_standing(call, clock)), clock=clock)

    async def capture(self, call: StepCall, materials: Materials) -> Captured:  # noqa: ARG002
        """``stated.service.record-effective-date``: takes the date that a person read in the provider's confirmation.

        A day begins in the provider's zone where the runbook names it, else in UTC.
        """
        _only(call, "stated.service.record-effective-date")
        clock, effective = await self._clock.read(), _day(call)
        content = {
            "service": call.service.service,
            "effective_at": effective.isoformat(),
            "recorded_at": clock.shown.isoformat(),
            "fields": dict(sorted(call.fields.items())),
        }
        record = Record(
            type="effective-date",
            name="effective-date.json",
            media_type="application/json",
            content=json.dumps(content, indent=2, ensure_ascii=False).encode(),
        )
        note = msg("effective on {shown}, as confirmed by a person", shown=_shown(call, effective))
        return Captured(records=(record,), note=note, clock=clock, effective_at=effective)

    async def poll(self, call: StepCall, materials: Materials) -> Polled:  # noqa: ARG002
        """``stated.service.await-date``: whether the recorded effective date has come."""
        _only(call, "stated.service.await-date")
        clock, effective = await self._clock.read(), call.effective_at
        if effective is None:
            text = msg("No effective date was recorded, so nobody knows what to wait for: record the provider's date.")
            finding = Finding(subject=msg("effective date"), text=text, blocking=True)
            return Polled(reached=False, note=text, clock=clock, findings=(finding,))
        if clock.shown >= effective:
            return Polled(reached=True, note=msg("{shown} has come", shown=_shown(call, effective)), clock=clock)
        note = msg("waits for {shown}", shown=_shown(call, effective))
        return Polled(reached=False, note=note, clock=clock, look_again_at=effective)

    async def change(self, call: StepCall, materials: Materials) -> ChangeResult:  # noqa: ARG002
        """Refused: only people change anything here."""
        _unknown(call)

    async def undo(self, call: StepCall, materials: Materials) -> ChangeResult:  # noqa: ARG002
        """Refused: only people change anything here."""
        _unknown(call)

    async def commit(self, call: StepCall, materials: Materials) -> CommitResult:  # noqa: ARG002
        """Refused: only people change anything here."""
        _unknown(call)

    async def probe(self, call: StepCall, materials: Materials) -> ProbeResult:  # noqa: ARG002
        """Refused: only people change anything here."""
        _unknown(call)

    async def compare(self, service: ServiceRef, before: bytes) -> Compared:  # noqa: ARG002
        """Refused: there is nothing to read and compare."""
        _refuse(
            msg("the configuration of '{service}' cannot be read", service=service.service),
            msg("compare it by hand in the panel, then skip"),
        )


def _standing(call: StepCall, clock: ProviderClock) -> Iterator[Finding]:
    if call.effective_at is None:
        text = msg("No effective date is recorded; it is known when the provider confirms one.")
    elif clock.shown < call.effective_at:
        text = msg(
            "The service ends on {shown}; it is {words}.",
            shown=_shown(call, call.effective_at),
            words=_zone(call).words(clock.shown),
        )
    else:
        text = msg("The effective date {shown} is past.", shown=_shown(call, call.effective_at))
    yield Finding(subject="date", text=text)


def _day(call: StepCall) -> datetime:
    given = call.fields.get(_DAY_FIELD, "")
    try:
        return _zone(call).moment(datetime.combine(date.fromisoformat(given.strip()), time())).astimezone(UTC)
    except ValueError:
        _refuse(
            msg(
                "step {step}: the field '{day_field}' holds '{given}', which is no date as 2026-12-31",
                step=call.step,
                day_field=_DAY_FIELD,
                given=given,
            ),
            msg("roll the run back, or have the task completed anew with the date in that form"),
        )


def _zone(call: StepCall) -> Zone:
    return call.zone or Zone()


def _shown(call: StepCall, effective: datetime) -> str:
    """The day of the provider's calendar."""
    return f"{_zone(call).local(effective):%Y-%m-%d}"


def _only(call: StepCall, action: str) -> None:
    if call.action != action:
        _unknown(call)


def _unknown(call: StepCall) -> NoReturn:
    _refuse(
        msg(
            "'{action}' is not something that can be done for a stated service in step {step}",
            action=call.action,
            step=call.step,
        ),
        msg("run `unrack runbook check`, and deploy workers of the version that launched the run"),
    )


def _refuse(message: str, suggestion: str) -> NoReturn:
    raise UnrackError(Problem(category=Category.INVALID, message=message, suggestion=suggestion))


ADAPTER = StatedServices
"""The adapter that `unrack.providers.registry` opens."""
