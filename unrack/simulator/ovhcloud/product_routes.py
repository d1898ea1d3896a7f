"""The routes that OVHcloud's further products have in common: list, view, ``serviceInfos``, terminate, confirm."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from unrack.model.base import Frozen
from unrack.simulator.ovhcloud import answers, lifecycle
from unrack.simulator.ovhcloud.areas.connect import FutureUse, Reason
from unrack.simulator.ovhcloud.areas.service_infos import infos_of, non_expiring_infos_of, update_infos
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, get
from unrack.simulator.ovhcloud.records import Service
from unrack.simulator.ovhcloud.records_products import Asset, Member
from unrack.simulator.ovhcloud.refusal import expired, not_found
from unrack.simulator.vendor import Reply


class Confirmation(Frozen):
    """``services.confirmTermination``."""

    token: str
    reason: Reason | None = None
    futureUse: FutureUse | None = None  # noqa: N815  # OVHcloud's name
    commentary: str | None = None
    commentaryFutureUse: str | None = None  # noqa: N815
    commentaryReason: str | None = None  # noqa: N815


@dataclass(frozen=True, slots=True)
class ProductRoutes:
    """One product as the API shows it."""

    product: str
    path: str
    """Of one service, with the names of its parts: ``/hosting/web/{serviceName}``."""
    view: Callable[[ApiCall, Asset, Service], Mapping[str, object]]
    infos: str = "full"
    """``full``, ``non-expiring`` or ``none``."""
    confirmation: type[Frozen] | None = Confirmation
    """None: the product has no ``terminate``."""
    outlives: bool = False
    """Whether an ended service is still shown while it is retained; others answer 460."""
    listed: bool = True

    @property
    def collection(self) -> str:
        """Where the services are listed."""
        return self.path.rpartition("/")[0]

    def names(self) -> list[str]:
        """The names of the parts of the path."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    def asset(self, call: ApiCall) -> tuple[Asset, Service]:
        """The service in the path, whatever its state; 404 when it is not the caller's."""
        name = ":".join(call.path[part] for part in self.names())
        asset = call.tables.assets.get(f"{self.product}/{name}")
        service = call.tables.services.get(asset.service) if asset else None
        if asset is None or service is None or service.account != call.caller:
            raise not_found(self.names()[-1], name)
        return asset, service

    def living(self, call: ApiCall) -> tuple[Asset, Service]:
        """The living service in the path; 460 when it ended."""
        asset, service = self.asset(call)
        if service.ended_at:
            raise expired(asset.name)
        return asset, service

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The common operations of the product."""
        found = [get(self.path, self._view)]
        if self.listed:
            found.append(get(self.collection, self._list))
        if self.infos != "none":
            found.append(get(f"{self.path}/serviceInfos", self._infos))
        if self.infos == "full":
            found.append(Endpoint("PUT", f"{self.path}/serviceInfos", self._update))
        if self.confirmation:
            found.append(Endpoint("POST", f"{self.path}/terminate", self._ask))
            found.append(Endpoint("POST", f"{self.path}/confirmTermination", self._confirm))
        return tuple(found)

    def _list(self, call: ApiCall) -> list[str]:
        prefix = "".join(f"{call.path[part]}:" for part in self.names()[:-1])
        mine = [asset for asset in call.tables.assets.where(product=self.product) if asset.name.startswith(prefix)]
        owned = [asset for asset in mine if call.tables.services[asset.service].account == call.caller]
        return [asset.name.rpartition(":")[2] for asset in owned]

    def _view(self, call: ApiCall) -> Mapping[str, object]:
        asset, service = self.asset(call) if self.outlives else self.living(call)
        shown = self.view(call, asset, service)
        return {**shown, **{name: value for name, value in asset.fields.items() if name in shown}}

    def _infos(self, call: ApiCall) -> answers.ServicesService | answers.ServicesNonExpiringService:
        _, service = self.asset(call) if self.outlives else self.living(call)
        return infos_of(call, service) if self.infos == "full" else non_expiring_infos_of(call, service)

    def _update(self, call: ApiCall) -> Reply:
        _, service = self.living(call)
        return update_infos(call, service)

    def _ask(self, call: ApiCall) -> Reply:
        asset, service = self.living(call)
        effect = lifecycle.ask_end(call.tables, service, call.caller, call.now, call.faults)
        return Reply(f"Termination request sent for {asset.name}", effect)

    def _confirm(self, call: ApiCall) -> Reply:
        asset, service = self.living(call)
        token = str(getattr(call.read(self.confirmation or Confirmation), "token"))  # noqa: B009  # models differ
        effect = lifecycle.confirm_end(call.tables, service, token, call.caller, call.now)
        return Reply(f"Termination confirmed for {asset.name}", effect)


def lists(
    product: ProductRoutes, kind: str, view: Callable[[ApiCall, Member], Mapping[str, object]] | None = None
) -> tuple[Endpoint, ...]:
    """The list of what belongs to a service, and each item of it when `view` shows one."""
    path = f"{product.path}/{kind}"

    def every(call: ApiCall) -> list[Any]:
        asset, _ = product.living(call)
        return [_plain(row.id) for row in call.tables.members.where(asset=asset.key, kind=kind)]

    def one(call: ApiCall) -> Mapping[str, object]:
        return view(call, member_of(product, kind, call)) if view else {}

    return (get(path, every), get(f"{path}/{{item}}", one)) if view else (get(path, every),)


def member_of(product: ProductRoutes, kind: str, call: ApiCall) -> Member:
    """The member that the path names; 404 without it."""
    asset, _ = product.living(call)
    member = call.tables.members.get(f"{asset.key}/{kind}/{call.path['item']}")
    if member is None:
        raise not_found(kind, call.path["item"])
    return member


def iam(asset: Asset, kind: str) -> answers.IamResourceMetadata:
    """How the service stands in OVHcloud's access management."""
    return {
        "id": "00000000-0000-4000-8000-000000000001",
        "urn": f"urn:v1:eu:resource:{kind}:{asset.name}",
        "displayName": asset.name,
        "state": asset.fields.get("iamState", "OK"),
    }


def _plain(item: str) -> int | str:
    return int(item) if item.isdecimal() else item
