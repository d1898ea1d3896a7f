"""Whether a credential works, as far as AWS lets one see without changing anything."""

from unrack.contracts.calls import AccessCall, AccessResult
from unrack.model.errors import Category, UnrackError
from unrack.model.message import msg
from unrack.providers.awsmarketplace.client import AwsApi
from unrack.providers.awsmarketplace.schemas import AgreementPage, CancellationRequestPage

_BUYS = [{"name": "PartyType", "values": ["Acceptor"]}, {"name": "AgreementType", "values": ["PurchaseAgreement"]}]


async def check_access(api: AwsApi, call: AccessCall) -> AccessResult:
    """Make the calls that need no agreement. AWS does not show the other rights; a denial names the missing one."""
    result = AccessResult(provider=call.provider, account=call.account, endpoint=api.endpoint)
    missing: list[str] = []
    for reading in (_search, _requests):
        try:
            await reading(api)
        except UnrackError as error:
            if error.problem.category is not Category.DENIED or not error.problem.missing_rights:
                return result.model_copy(update={"problem": error.problem})
            missing += error.problem.missing_rights
    return result.model_copy(update={"caller": msg("an AWS account that buys"), "missing": tuple(missing)})


async def _search(api: AwsApi) -> None:
    await api.read("SearchAgreements", AgreementPage, catalog="AWSMarketplace", filters=_BUYS, maxResults=1)


async def _requests(api: AwsApi) -> None:
    await api.read("ListAgreementCancellationRequests", CancellationRequestPage, partyType="Acceptor", maxResults=1)
