"""``/auth``: the provider's time, the credential in use, asking for a new one (ovh-api ``auth``)."""

import secrets

from pydantic import Field

from unrack.model.base import Frozen
from unrack.simulator.ovhcloud import answers
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, get, stamp
from unrack.simulator.ovhcloud.records import AccessRule, Credential
from unrack.simulator.ovhcloud.refusal import refused
from unrack.simulator.vendor import Reply


class _Ask(Frozen):
    accessRules: tuple[AccessRule, ...] = Field(min_length=1)  # noqa: N815  # OVHcloud's name
    allowedIPs: tuple[str, ...] = ()  # noqa: N815
    redirection: str | None = None


def _rules(credential: Credential) -> list[answers.AuthAccessRule]:
    return [{"method": rule.method, "path": rule.path} for rule in credential.rules]


def _current(call: ApiCall) -> answers.AuthApiCredential:
    credential = _own(call)
    return {
        "credentialId": credential.id,
        "applicationId": 1,
        "status": credential.status,
        "creation": stamp(credential.created_at),
        "expiration": stamp(credential.expires_at) if credential.expires_at else None,
        "lastUse": stamp(call.now),
        "allowedIPs": None,
        "ovhSupport": False,
        "rules": _rules(credential),
    }


def _details(call: ApiCall) -> answers.AuthDetails:
    credential = _own(call)
    return {
        "account": credential.account,
        "allowedRoutes": _rules(credential),
        "description": None,
        "identities": [f"urn:v1:eu:identity:account:{credential.account}"],
        "method": "account",
        "roles": None,
        "user": None,
    }


def _own(call: ApiCall) -> Credential:
    if call.credential is None:
        raise refused(401, "You must login first")
    return call.credential


def _ask(call: ApiCall) -> Reply:
    """Makes a consumer key that a person validates by opening the address; it belongs to the application's account."""
    asked = call.read(_Ask)
    owner = next(c for c in call.tables.credentials if c.application_key == call.application)
    credential = call.tables.credentials.put(
        Credential(
            id=call.tables.next_id(),
            application_key=owner.application_key,
            application_secret=owner.application_secret,
            consumer_key=secrets.token_hex(16),
            account=owner.account,
            rules=asked.accessRules,
            status="pendingValidation",
            created_at=call.now,
        )
    )
    answer: answers.AuthApiCredentialRequest = {
        "consumerKey": credential.consumer_key,
        "state": credential.status,
        "validationUrl": f"{call.base_url}/_simulator/credential/{credential.id}/validate",
    }
    return Reply(answer, f"credential {credential.id} waits for validation")


ENDPOINTS: tuple[Endpoint, ...] = (
    get("/auth/time", lambda call: int(call.now.timestamp()), signed=False),
    get("/auth/currentCredential", _current),
    get("/auth/details", _details),
    Endpoint("POST", "/auth/credential", _ask, signed=False),
)
