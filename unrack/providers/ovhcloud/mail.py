"""Mail products: accounts kept as a table, the MX Plan of a web hosting, and the end of Email Pro and Exchange.

Of Email Pro and Exchange every account is told to end at its expiry, then the service; the domains are taken off.
"""

import csv
import io
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pydantic import TypeAdapter

from unrack.contracts.calls import ChangeResult, CommitResult, EffectStatus, ProbeResult, StepCall
from unrack.contracts.domain_names import comparable
from unrack.model.errors import Category, UnrackError
from unrack.model.message import joined, msg
from unrack.model.service import Finding
from unrack.providers.base import Captured, Materials, Polled, Record
from unrack.providers.handlers import captured, conflict
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.findings import Findings
from unrack.providers.ovhcloud.product_snapshot import EVIDENCE, ProductSnapshot, SnapshotItem, read_list, read_related
from unrack.providers.ovhcloud.products import MX_PLAN, WEB_HOSTING
from unrack.providers.ovhcloud.schemas.base import Instant
from unrack.providers.ovhcloud.schemas.published import MailTask
from unrack.providers.ovhcloud.service import OvhService, service_of
from unrack.providers.ovhcloud.tasks import Pace, Progress
from unrack.providers.ovhcloud.termination import READ_BACK

_HEAD = ("service", "kind", "id", msg("what is known of it"))


async def capture_accounts(api: OvhApi, call: StepCall, _: Materials) -> Captured:
    """Everything that people have at the mail service, one line each (S0.4). Mail itself is not in it."""
    rows = [row for service in await _mail_services(api, call) for row in await _rows(service)]
    name = f"mail-accounts-{call.service.service.replace(':', '-')}.csv"
    record = Record(type="mail-accounts", name=name, media_type="text/csv", content=_table(rows))
    return Captured(records=(record,), note=msg("kept a table of {len} lines", len=len(rows)), clock=await api.clock())


async def _rows(service: OvhService) -> list[tuple[str, str, str, str]]:
    related = await read_related(service)
    items = [(service.id, kind, item.id, _told(item)) for kind, found in related.lists.items() for item in found]
    return [*items, *((service.id, kind, "", why) for kind, why in related.unread.items())]


async def ask_options(api: OvhApi, call: StepCall, materials: Materials) -> CommitResult:
    """Ask for the end of every MX Plan of the hosting. Each mail has a link that confirms; no call does."""
    service = service_of(api, call.service)
    options = await _options(service)
    if not options:
        return _gone_already(service, materials)
    for option in options:
        await api.change("POST", f"{service.path}/emailOption/{option}/terminate", str)
    asked = ", ".join(map(str, options))
    note = msg("asked for the end of the MX Plan {asked}; OVHcloud mails a link to follow", asked=asked)
    return CommitResult(already=False, note=note)


def _gone_already(service: OvhService, materials: Materials) -> CommitResult:
    """Nothing is there to act on: it has gone since the capture, or the request named something that never existed."""
    snapshot = materials.evidence.get(EVIDENCE)
    if snapshot is not None and ProductSnapshot.from_bytes(snapshot).lists.get("emailOption"):
        return CommitResult(already=True, note=msg("the MX Plan that was captured is gone already"))
    raise conflict(
        msg("the web hosting {id} has no MX Plan, so nothing was asked for", id=service.id),
        msg("look in the Control Panel where the mail is; if it needs no end, skip this step with that as the reason"),
    )


async def probe_ask_options(api: OvhApi, call: StepCall, _: Materials) -> ProbeResult:
    """Whether the mails were asked for: only the mailbox shows it."""
    left = await _options(service_of(api, call.service))
    effect = EffectStatus.UNKNOWN if left else EffectStatus.DONE
    note = (
        msg("look into the account's mailbox; asking again may send a second mail")
        if left
        else msg("no MX Plan is left")
    )
    return ProbeResult(standing=effect, note=note, clock=await api.clock())


async def await_options_gone(api: OvhApi, call: StepCall, _: Materials) -> Polled:
    """Whether the hosting has no MX Plan any more."""
    left = await _options(service_of(api, call.service))
    note = msg("MX Plan still there: {join}", join=", ".join(map(str, left))) if left else msg("no MX Plan is left")
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
    return joined(
        "; ",
        (msg("{name}: {value}", name=name, value=value) for name, value in item.fields.items() if value is not None),
    )


def _table(rows: list[tuple[str, str, str, str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_HEAD, *rows])
    return text.getvalue().encode()


PACE = Pace(first=10, then=10)
"""For the tasks of a mail service (assumed: as for the others)."""

_AT_ONCE = 20
"""How many accounts one attempt changes: well within the time of an attempt."""

_OVER = frozenset({"cancelled", "done", "error"})
"""``email.pro.TaskStatusEnum`` but for todo and doing. A status that is not known is waited for, too."""
_ENDS = "deleteAtExpiration"
_MOMENT: TypeAdapter[datetime] = TypeAdapter(Instant)


async def end_accounts(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Have every captured account end at its own expiry, and the service at its own.

    Without the second an empty service would be billed on. An account created since the capture is left alone and stops
    the run later.
    """
    service, progress = service_of(api, call.service), Progress(call, materials)
    before = ProductSnapshot.from_bytes(captured(materials, EVIDENCE))
    await _set_accounts(service, progress, dict.fromkeys(_ends(before.lists["account"]), True))
    await _set_renewal(service, progress, {_ENDS: True})
    return progress.done(msg("every account and the service end at their expiry"), msg("their end was planned before"))


async def keep_accounts(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Have the service and every account go on or end as captured; the service first, since it takes all with it."""
    service, progress = service_of(api, call.service), Progress(call, materials)
    before = ProductSnapshot.from_bytes(captured(materials, EVIDENCE))
    await _set_renewal(service, progress, before.renew)
    await _set_accounts(service, progress, _ends(before.lists["account"]))
    return progress.done(msg("the service and every account go on as before"), msg("nothing was planned"))


async def capture_accounts_end(api: OvhApi, call: StepCall, _: Materials) -> Captured:
    """When the first account ends: from then on mail is lost, so every date of the run counts from it."""
    service = service_of(api, call.service)
    accounts, infos, clock = await read_list(service, "account"), await service.infos(), await api.clock()
    unplanned = [account.id for account in accounts if not account.fields.get(_ENDS)]
    if unplanned or not (infos.renew and infos.renew.delete_at_expiration):
        listed = ", ".join(unplanned) or msg("the service itself")
        raise conflict(
            msg("OVHcloud shows no planned end for {listed}", listed=listed), msg("retry the step that plans it")
        )
    ends = first_end(accounts) or (await service.billed(infos.service_id)).ends_at
    content: dict[str, Any] = {
        "read_at": clock.shown.isoformat(),
        "accounts": [account.model_dump(mode="json") for account in accounts],
        "service": infos.model_dump(mode="json", by_alias=True),
    }
    record = Record(
        type="provider-confirmation",
        name=f"planned-end-{service.id.replace(':', '-')}.json",
        media_type="application/json",
        content=json.dumps(content, indent=2, sort_keys=True).encode(),
    )
    when = f"{ends:%Y-%m-%d %H:%M %Z}" if ends else msg("a date it does not show")
    return Captured(
        records=(record,), note=msg("the first account ends on {when}", when=when), clock=clock, effective_at=ends
    )


async def check_accounts_ending(api: OvhApi, call: StepCall, _: Materials) -> Findings:
    """Nobody took an account's or the service's end back."""
    service = service_of(api, call.service)
    if (await service.liveness()).ended:
        return (Finding(subject=msg("planned end"), text=msg("the service has ended")),)
    accounts, infos = await read_list(service, "account"), await service.infos()
    back = [account.id for account in accounts if not account.fields.get(_ENDS)]
    if infos.renew and not infos.renew.delete_at_expiration:
        back.append(msg("the service itself"))
    text = msg(
        "no longer planned to end: {join}. Someone still needs it; ask them before going on", join=", ".join(back)
    )
    return (Finding(subject=msg("planned end"), text=text, blocking=True),) if back else ()


async def await_accounts_gone(api: OvhApi, call: StepCall, _: Materials) -> Polled:
    """Whether no account is left; accounts end at their own dates."""
    left = await _left(service_of(api, call.service), "account")
    note = msg("{len} accounts are left", len=len(left)) if left else msg("no account is left")
    return Polled(reached=not left, note=note, clock=await api.clock(), look_again_at=first_end(left))


async def detach_domains(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Take every mail domain off the service, one at a time. Where the service has ended, they went with it."""
    service, progress = service_of(api, call.service), Progress(call, materials)
    left = await _left(service, "domain")
    if progress.begun:
        await _settled(service, progress)
    if not left:
        return progress.done(msg("the mail domains are taken off"), msg("no mail domain is left"))
    path = f"{service.path}/domain/{quote(left[0].id, safe='@')}"
    task = await api.change("DELETE", path, MailTask)
    progress.note(f"task/{task.id}")
    raise progress.not_yet(msg("taking {id} off", id=left[0].id), PACE.first)


def first_end(accounts: tuple[SnapshotItem, ...]) -> datetime | None:
    """When the first account expires; None when OVHcloud shows no date."""
    shown = [account.fields.get("expirationDate") for account in accounts]
    return min((_MOMENT.validate_python(date) for date in shown if date), default=None)


def _ends(accounts: tuple[SnapshotItem, ...]) -> dict[str, bool]:
    return {account.id: bool(account.fields.get(_ENDS)) for account in accounts}


async def _set_accounts(service: OvhService, progress: Progress, wanted: Mapping[str, bool]) -> None:
    """Bring accounts to the wanted state, some in each attempt. Raises until all are."""
    now = _ends(await _left(service, "account"))
    different = [account for account in now if account in wanted and now[account] is not wanted[account]]
    for account in different[:_AT_ONCE]:
        progress.note(f"account/{account} {_ENDS}={wanted[account]}")
        path = f"{service.path}/account/{quote(account, safe='@')}"
        await service.api.change("PUT", path, type(None), {_ENDS: wanted[account]})
    if different:
        raise progress.not_yet(msg("{len} accounts changed or to change", len=len(different)), READ_BACK)


async def _set_renewal(service: OvhService, progress: Progress, wanted: Mapping[str, Any]) -> None:
    """Bring the service's renewal to the wanted state. Raises until it shows."""
    renew = (await service.infos()).renew
    now = renew.model_dump(by_alias=True) if renew else {}
    changed = {**now, **wanted}
    if changed == now:
        return
    progress.note(msg("serviceInfos {ends}={get}", ends=_ENDS, get=wanted.get(_ENDS)))
    await service.api.change("PUT", f"{service.path}/serviceInfos", type(None), {"renew": changed})
    raise progress.not_yet(msg("its renewal does not show as wanted yet"), READ_BACK)


async def _left(service: OvhService, kind: str) -> tuple[SnapshotItem, ...]:
    """Read the remaining items of one list. None remain once the service is gone."""
    try:
        return await read_list(service, kind)
    except UnrackError as error:
        if error.problem.category in (Category.NOT_FOUND, Category.GONE):
            return ()
        raise


async def _settled(service: OvhService, progress: Progress) -> None:
    """Wait, by raising, for the last task."""
    number = progress.references[-1].rpartition("/")[2]
    try:
        task = await service.api.get(f"{service.path}/task/{number}", MailTask)
    except UnrackError as error:
        if error.problem.category in (Category.NOT_FOUND, Category.GONE):
            return
        raise
    if task.status not in _OVER:
        raise progress.not_yet(
            msg("task {id} ({function}) is {status}", id=task.id, function=task.function, status=task.status), PACE.then
        )
    if task.status != "done":
        raise conflict(
            msg(
                "OVHcloud gave up: task {id} ({function}) is {status}",
                id=task.id,
                function=task.function,
                status=task.status,
            ),
            msg("retry the step"),
        )
