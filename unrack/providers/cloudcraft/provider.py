"""Cloudcraft as a provider: the handlers for the actions of the catalogue."""

from typing import NoReturn

from unrack.contracts.calls import AccessCall, AccessResult
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.providers.base import Compared
from unrack.providers.cloudcraft import capture, checks, configuration
from unrack.providers.cloudcraft.client import CloudcraftApi, Pace
from unrack.providers.cloudcraft.credential import CloudcraftCredential
from unrack.providers.cloudcraft.schemas import User
from unrack.providers.handlers import Handled, Handlers


def _handlers(kept: capture.Exports) -> dict[str, Handlers[CloudcraftApi]]:
    return {
        "cloudcraft.account.check-owner": Handlers(check=checks.check_owner),
        "cloudcraft.account.check-channel": Handlers(check=checks.check_channel),
        "cloudcraft.account.check-clouds": Handlers(check=checks.check_clouds),
        "cloudcraft.account.check-api": Handlers(check=checks.check_api),
        "cloudcraft.account.capture-inventory": Handlers(capture=capture.capture_inventory),
        "cloudcraft.account.export-blueprints": Handlers(capture=kept.data),
        "cloudcraft.account.export-images": Handlers(capture=kept.pictures),
    }


class Cloudcraft(Handled[CloudcraftApi]):
    """The `unrack.providers.base.Provider` for one Cloudcraft account. It reads; people act."""

    def __init__(self, credential: CloudcraftCredential, pace: Pace | None = None) -> None:
        """Speak for `credential`; nothing is sent before the first call."""
        super().__init__("Cloudcraft", CloudcraftApi(credential, pace), _handlers(capture.Exports()))

    async def close(self) -> None:
        """Close the connections."""
        await self.api.close()

    async def facts(self, service: ServiceRef) -> ServiceFacts:
        """Refused: the API shows neither plan nor dates (cloudcraft-go), so a person states them."""
        _not_shown(service)

    async def access(self, call: AccessCall) -> AccessResult:
        """See `Provider.access`; a key has every right or none."""
        result = AccessResult(provider=call.provider, account=call.account, endpoint=self.api.credential.endpoint)
        try:
            user = await self.api.get("/user/me", User)
        except UnrackError as error:
            return result.model_copy(update={"problem": error.problem})
        return result.model_copy(update={"caller": user.email})

    async def compare(self, service: ServiceRef, before: bytes) -> Compared:
        """See `Provider.compare`."""
        return await configuration.compare(self.api, service, before)


def _not_shown(service: ServiceRef) -> NoReturn:
    raise UnrackError(
        Problem(
            category=Category.INVALID,
            message=msg("Cloudcraft's API shows no subscription of '{service}'", service=service.service),
            suggestion=msg("state its facts in the request, under 'stated', as Subscription Settings shows them"),
        )
    )


ADAPTER = Cloudcraft
"""The adapter that `unrack.providers.registry` opens."""
