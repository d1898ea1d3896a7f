"""Mail accounts kept as a table, and the MX Plan that hangs on a web hosting."""

import csv
import io

from unrack.contracts.calls import CommitResult, EffectStatus, ProbeResult, StepCall
from unrack.contracts.domain_names import comparable
from unrack.contracts.products_ovhcloud import MX_PLAN, WEB_HOSTING
from unrack.model.errors import Category, UnrackError
from unrack.providers.base import Captured, Materials, Polled, Record
from unrack.providers.handlers import conflict
from unrack.providers.ovhcloud.product_snapshot import EVIDENCE, ProductSnapshot, SnapshotItem, look_into, read_list
from unrack.providers.ovhcloud.service import OvhService, service_of
from unrack.providers.ovhcloud.transport import OvhApi

_HEAD = ("service", "kind", "id", "what is known of it")


async def capture_accounts(api: OvhApi, call: StepCall, _: Materials) -> Captured:
    """Everything that people have at the mail service, one line each (S0.4). Mail itself is not in it."""
    rows = [row for service in await _mail_services(api, call) for row in await _rows(service)]
    name = f"mail-accounts-{call.service.service.replace(':', '-')}.csv"
    record = Record(type="mail-accounts", name=name, media_type="text/csv", content=_table(rows))
    return Captured(records=(record,), note=f"kept a table of {len(rows)} lines", clock=await api.clock())


async def _rows(service: OvhService) -> list[tuple[str, str, str, str]]:
    looked = await look_into(service)
    items = [(service.id, kind, item.id, _told(item)) for kind, found in looked.lists.items() for item in found]
    return [*items, *((service.id, kind, "", why) for kind, why in looked.unread.items())]


async def ask_options(api: OvhApi, call: StepCall, materials: Materials) -> CommitResult:
    """Ask for the end of every MX Plan of the hosting. Each mail has a link that confirms; no call does."""
    service = service_of(api, call.service)
    options = await _options(service)
    if not options:
        return _gone_already(service, materials)
    for option in options:
        await api.change("POST", f"{service.path}/emailOption/{option}/terminate", str)
    asked = ", ".join(map(str, options))
    note = f"asked for the end of the MX Plan {asked}; OVHcloud mails a link to follow"
    return CommitResult(already=False, note=note)


def _gone_already(service: OvhService, materials: Materials) -> CommitResult:
    """Nothing is there to ask for: it has gone since the capture, or the wish was for something that never was."""
    kept = materials.evidence.get(EVIDENCE)
    if kept is not None and ProductSnapshot.from_bytes(kept).lists.get("emailOption"):
        return CommitResult(already=True, note="the MX Plan that was captured is gone already")
    raise conflict(
        f"the web hosting {service.id} has no MX Plan, so nothing was asked for",
        "look in the Control Panel where the mail is; if it needs no end, skip this step with that as the reason",
    )


async def probe_ask(api: OvhApi, call: StepCall, _: Materials) -> ProbeResult:
    """Whether the mails were asked for: only the mailbox shows it."""
    left = await _options(service_of(api, call.service))
    standing = EffectStatus.UNKNOWN if left else EffectStatus.DONE
    note = "look into the account's mailbox; asking again may send a second mail" if left else "no MX Plan is left"
    return ProbeResult(standing=standing, note=note, clock=await api.clock())


async def await_options_gone(api: OvhApi, call: StepCall, _: Materials) -> Polled:
    """Whether the hosting has no MX Plan any more."""
    left = await _options(service_of(api, call.service))
    note = f"MX Plan still there: {', '.join(map(str, left))}" if left else "no MX Plan is left"
    return Polled(reached=not left, note=note, clock=await api.clock())


async def _options(service: OvhService) -> list[int]:
    """The MX Plans of a hosting; none once the hosting itself is gone."""
    try:
        return sorted(await service.below("/emailOption", list[int]))
    except UnrackError as error:
        if error.problem.category in (Category.NOT_FOUND, Category.GONE):
            return []
        raise


async def _mail_services(api: OvhApi, call: StepCall) -> list[OvhService]:
    """The service itself, or the mail domains of a web hosting."""
    service = service_of(api, call.service)
    if service.product is not WEB_HOSTING:
        return [service]
    options = await read_list(service, "emailOption")
    domains = sorted({comparable(str(option.fields["domain"])) for option in options})
    return [OvhService(api, MX_PLAN, domain) for domain in domains]


def _told(item: SnapshotItem) -> str:
    return "; ".join(f"{name}: {value}" for name, value in item.fields.items() if value is not None)


def _table(rows: list[tuple[str, str, str, str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_HEAD, *rows])
    return text.getvalue().encode()
