"""Every operation of the API, found by method and path."""

from typing import Any

from starlette.routing import compile_path

from unrack.simulator.ovhcloud.areas import (
    auth,
    cloud,
    connect,
    connect_config,
    domain,
    mail_accounts,
    mail_domain,
    me,
    service_form,
    service_infos,
    service_keys,
    services,
    sms,
    telephony,
    vrack,
    vrack_service,
    web_hosting,
)
from unrack.simulator.ovhcloud.endpoint import Endpoint

AREAS = (auth, me, connect, connect_config, service_infos, vrack, services)
PRODUCT_AREAS = (
    service_form,
    web_hosting,
    mail_domain,
    mail_accounts,
    cloud,
    domain,
    vrack_service,
    service_keys,
    telephony,
    sms,
)
"""The further products; a more special path stands before one that would take it in."""
_COMPILED = [
    (compile_path(endpoint.path), endpoint) for area in (*PRODUCT_AREAS, *AREAS) for endpoint in area.ENDPOINTS
]


def find(method: str, path: str) -> tuple[Endpoint, dict[str, Any]] | None:
    """The operation, and the parts of its path; None when there is none."""
    for (pattern, _, convertors), endpoint in _COMPILED:
        if endpoint.method == method and (match := pattern.match(path)):
            return endpoint, {name: convertors[name].convert(text) for name, text in match.groupdict().items()}
    return None
