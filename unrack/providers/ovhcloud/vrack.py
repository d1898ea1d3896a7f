"""A vRack: OVHcloud ends it only when nothing is in it."""

from unrack.contracts.calls import StepCall
from unrack.model.service import Finding
from unrack.providers.base import Materials
from unrack.providers.ovhcloud.findings import Findings
from unrack.providers.ovhcloud.product_snapshot import EVIDENCE, ProductSnapshot, look_into, unread_findings
from unrack.providers.ovhcloud.service import service_of
from unrack.providers.ovhcloud.transport import OvhApi


async def check_empty(api: OvhApi, call: StepCall, materials: Materials) -> Findings:
    """What is still in it, kind by kind. Each is taken out by the runbook of its own product, or in the panel.

    A kind that could not be looked at blocks, too (OVHcloud describes no list of VMware virtual data centres, for one),
    unless it could not be either when the configuration was captured: then a person has decided on it.
    """
    looked = await look_into(service_of(api, call.service))
    captured = materials.evidence.get(EVIDENCE)
    before = ProductSnapshot.from_bytes(captured).unread if captured else None
    found: list[Finding] = list(unread_findings(looked.unread, before))
    for kind, items in looked.lists.items():
        if items:
            text = f"still in the vRack: {kind} {', '.join(item.id for item in items)}. Take it out first"
            found.append(Finding(subject="vRack", text=text, blocking=True))
    return tuple(found) or (Finding(subject="vRack", text="nothing is in the vRack"),)
