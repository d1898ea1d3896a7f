"""Checks before people act: the user of the key, the owner of the account, the channel of the purchase."""

from unrack.contracts.calls import StepCall
from unrack.contracts.domain_names import comparable_address
from unrack.model.errors import Category, UnrackError
from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.model.service import Finding
from unrack.providers.base import Materials
from unrack.providers.cloudcraft.client import CloudcraftApi
from unrack.providers.cloudcraft.configuration import owners, read_clouds, read_teams
from unrack.providers.cloudcraft.schemas import User

DIRECT, DATADOG, AWS_MARKETPLACE = "direct", "datadog", "aws-marketplace"

_CHANNELS = {
    Timing.END_OF_TERM: (DIRECT, AWS_MARKETPLACE),
    Timing.LET_EXPIRE: (DATADOG,),
    Timing.IMMEDIATE: (DIRECT,),
}
"""Where a subscription can be ended in each way, by where it was bought (S3.4, S3.6, S3.7)."""

_INSTEAD = {
    DIRECT: msg("it renews by itself. Ask for 'end-of-term', or within 30 days for 'immediate' with a refund (S3.4)"),
    DATADOG: msg("it does not renew and expires by itself at the end of the cycle. Ask for 'let-expire' (S3.6)"),
    AWS_MARKETPLACE: msg("it is cancelled in the AWS account. Ask for 'end-of-term' (S3.7)"),
}


async def check_owner(api: CloudcraftApi, call: StepCall, _: Materials) -> tuple[Finding, ...]:
    """S3.1: only the owner can cancel. Who owns a team is shown; the account's owner is among them."""
    user, found = await api.get("/user/me", User), owners(await read_teams(api))
    named = call.service.service
    told = (Finding(subject="key", text=msg("the API key speaks for {email}", email=user.email)),)
    if not found:
        return (*told, Finding(subject="owner", text=msg("the API shows no owner; a person finds out in the app")))
    listed = ", ".join(found)
    text = msg("owned by {listed}: only the owner can cancel", listed=listed)
    strange = "@" in named and comparable_address(named) not in map(comparable_address, found)
    more = msg("; the request names {named}, who owns no team. Compare it in the app", named=named) if strange else ""
    return (*told, Finding(subject="owner", text=text + more))


async def check_channel(api: CloudcraftApi, call: StepCall, _: Materials) -> tuple[Finding, ...]:
    """S3.6, S3.7: how it was bought decides how it ends."""
    await api.get("/user/me", User)
    channel = str(call.parameters.get("channel", DIRECT))
    if channel in _CHANNELS.get(call.timing, ()):
        return (
            Finding(
                subject="channel", text=msg("bought through '{channel}', which can end like this", channel=channel)
            ),
        )
    text = msg(
        "bought through '{channel}', and then {get}",
        channel=channel,
        get=_INSTEAD.get(channel, msg("nobody knows how it ends")),
    )
    return (Finding(subject="channel", text=text, blocking=True),)


async def check_clouds(api: CloudcraftApi, _: StepCall, __: Materials) -> tuple[Finding, ...]:
    """S3.3: what is no longer refreshed, and whose access must be removed on the cloud's side."""
    clouds = await read_clouds(api)
    return tuple(
        Finding(
            subject=f"{cloud.cloud} account",
            text=msg(
                "'{name}' is no longer refreshed; remove its access afterwards: {access}",
                name=cloud.name,
                access=cloud.access,
            ),
        )
        for cloud in clouds
    )


async def check_api(api: CloudcraftApi, _: StepCall, __: Materials) -> tuple[Finding, ...]:
    """Whether the API still answers. A hint: it is part of the paid plan, but nobody promises that it ends with it."""
    try:
        await api.get("/user/me", User)
    except UnrackError as error:
        if error.problem.category is not Category.DENIED:
            raise
        return (Finding(subject="API", text=msg("no longer answers to the key, as on the free plan")),)
    return (
        Finding(subject="API", text=msg("still answers to the key; that proves nothing. Look at the plan in the app")),
    )
