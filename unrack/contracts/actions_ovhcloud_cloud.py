"""The actions of OVHcloud's Public Cloud: the one immediate end that can be taken back for a while."""

from unrack.contracts.action import ActionSpec
from unrack.contracts.actions_ovhcloud_service import BILLING
from unrack.contracts.products_ovhcloud import PUBLIC_CLOUD
from unrack.model.lifecycle import StepKind

CLOUD_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        name="ovhcloud.cloud.confirm-termination",
        kind=StepKind.COMMIT,
        summary="Confirms the end of the project with the mailed token: it is suspended, and deleted after a while.",
        rights=(PUBLIC_CLOUD.right("GET"), *BILLING, PUBLIC_CLOUD.right("POST", "/confirmTermination")),
        undo_rights=(PUBLIC_CLOUD.right("POST", "/retain"),),
        undoable=True,
        parameters=frozenset({"reason", "future-use", "commentary"}),
        needs_fields=("token",),
        products=frozenset({PUBLIC_CLOUD.name}),
        source="ovh-api cloud: confirmTermination; retain: 'Do not expire the project, and retain it'",
    ),
)
