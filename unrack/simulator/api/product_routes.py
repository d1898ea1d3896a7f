"""What OVHcloud's further products have in common in the API: list, view, ``serviceInfos``, ask, confirm."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from unrack.model.base import Frozen
from unrack.simulator import lifecycle
from unrack.simulator.api.connect import FutureUse, Reason
from unrack.simulator.api.endpoint import Answer, Call, Endpoint, get
from unrack.simulator.api.service_infos import infos_of, update_infos
from unrack.simulator.records import Service
from unrack.simulator.records_products import Asset, Member
from unrack.simulator.refusal import expired, not_found


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
    view: Callable[[Call, Asset, Service], dict[str, Any]]
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

    def asset(self, call: Call) -> tuple[Asset, Service]:
        """The service in the path, whatever its state; 404 when it is not the caller's."""
        name = ":".join(call.path[part] for part in self.names())
        asset = call.world.assets.get(f"{self.product}/{name}")
        service = call.world.services.get(asset.service) if asset else None
        if asset is None or service is None or service.account != call.caller:
            raise not_found(self.names()[-1], name)
        return asset, service

    def living(self, call: Call) -> tuple[Asset, Service]:
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

    def _list(self, call: Call) -> list[str]:
        prefix = "".join(f"{call.path[part]}:" for part in self.names()[:-1])
        mine = [asset for asset in call.world.assets.where(product=self.product) if asset.name.startswith(prefix)]
        owned = [asset for asset in mine if call.world.services[asset.service].account == call.caller]
        return [asset.name.rpartition(":")[2] for asset in owned]

    def _view(self, call: Call) -> dict[str, Any]:
        asset, service = self.asset(call) if self.outlives else self.living(call)
        shown = self.view(call, asset, service)
        return shown | {name: value for name, value in asset.fields.items() if name in shown}

    def _infos(self, call: Call) -> dict[str, Any]:
        _, service = self.asset(call) if self.outlives else self.living(call)
        shown = infos_of(call, service)
        if self.infos == "full":
            return shown
        kept = ("contactAdmin", "contactBilling", "contactTech", "creation", "domain", "serviceId", "status")
        return {name: shown[name] for name in kept}

    def _update(self, call: Call) -> Answer:
        _, service = self.living(call)
        return update_infos(call, service)

    def _ask(self, call: Call) -> Answer:
        asset, service = self.living(call)
        effect = lifecycle.ask_end(call.world, service, call.caller, call.now, call.fate)
        return Answer(f"Termination request sent for {asset.name}", effect)

    def _confirm(self, call: Call) -> Answer:
        asset, service = self.living(call)
        token = str(getattr(call.read(self.confirmation or Confirmation), "token"))  # noqa: B009  # models differ
        effect = lifecycle.confirm_end(call.world, service, token, call.caller, call.now)
        return Answer(f"Termination confirmed for {asset.name}", effect)


def lists(
    face: ProductRoutes, kind: str, view: Callable[[Call, Member], dict[str, Any]] | None = None
) -> tuple[Endpoint, ...]:
    """The list of what belongs to a service, and each item of it when `view` shows one."""
    path = f"{face.path}/{kind}"

    def every(call: Call) -> list[Any]:
        asset, _ = face.living(call)
        return [_plain(row.id) for row in call.world.members.where(asset=asset.key, kind=kind)]

    def one(call: Call) -> dict[str, Any]:
        shown: Mapping[str, Any] = view(call, member_of(face, kind, call)) if view else {}
        return dict(shown)

    return (get(path, every), get(f"{path}/{{item}}", one)) if view else (get(path, every),)


def member_of(face: ProductRoutes, kind: str, call: Call) -> Member:
    """What the path names; 404 without it."""
    asset, _ = face.living(call)
    member = call.world.members.get(f"{asset.key}/{kind}/{call.path['item']}")
    if member is None:
        raise not_found(kind, call.path["item"])
    return member


def iam(asset: Asset, kind: str) -> dict[str, Any]:
    """``iam.ResourceMetadata``."""
    return {
        "id": "00000000-0000-4000-8000-000000000001",
        "urn": f"urn:v1:eu:resource:{kind}:{asset.name}",
        "displayName": asset.name,
        "state": asset.fields.get("iamState", "OK"),
    }


def _plain(item: str) -> int | str:
    return int(item) if item.isdecimal() else item
