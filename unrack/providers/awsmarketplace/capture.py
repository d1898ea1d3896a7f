"""Captures: the agreement before the run, and AWS's own record of its end."""

import json

from unrack.contracts.calls import StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.providers.awsmarketplace.client import AwsApi
from unrack.providers.awsmarketplace.configuration import EVIDENCE, read_configuration
from unrack.providers.awsmarketplace.service import BoughtAgreement
from unrack.providers.base import Captured, Materials, Record


async def capture_configuration(api: AwsApi, call: StepCall, _: Materials) -> Captured:
    """The agreement with its terms of renewal, entitlements and charges so far."""
    bought = BoughtAgreement(api, call.service.service)
    configuration, charges = await read_configuration(bought), await bought.charges()
    kept = Record(
        type=EVIDENCE,
        name=f"agreement-{bought.id}.json",
        media_type="application/json",
        content=configuration.to_bytes(),
    )
    costs = Record(
        type="charges-before",
        name=f"charges-before-{bought.id}.json",
        media_type="application/json",
        content=_json([charge.model_dump(mode="json") for charge in charges]),
    )
    note = msg(
        "kept the agreement, {len} entitlements and {len2} charges",
        len=len(configuration.entitlements),
        len2=len(charges),
    )
    return Captured(records=(kept, costs), note=note, clock=await api.clock())


async def capture_confirmation(api: AwsApi, call: StepCall, _: Materials) -> Captured:
    """AWS's own record that the agreement ends at its end date and does not renew."""
    bought = BoughtAgreement(api, call.service.service)
    agreement = await bought.describe()
    behaviour, clock = agreement.end_time_behavior, await api.clock()
    if agreement.end_time is None or (behaviour is not None and behaviour.type != "EXPIRE"):
        raise UnrackError(
            Problem(
                category=Category.CONFLICT,
                message=msg(
                    "AWS does not show that the agreement ends: at its end date it would {value}",
                    value=behaviour.type if behaviour else msg("go on"),
                ),
                suggestion=msg(
                    "somebody may have turned the renewal on again; ask, then retry the step that turns it off"
                ),
            )
        )
    content = {"read_at": clock.shown.isoformat(), "agreement": agreement.model_dump(mode="json", by_alias=True)}
    record = Record(
        type="provider-confirmation",
        name=f"end-{bought.id}.json",
        media_type="application/json",
        content=_json(content),
    )
    note = msg(
        "the agreement ends on {end_time} and does not renew", end_time=f"{agreement.end_time:%Y-%m-%d %H:%M %Z}"
    )
    return Captured(records=(record,), note=note, clock=clock, effective_at=agreement.end_time)


def _json(content: object) -> bytes:
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).encode()
