"""Who can show who they are as surely as a policy asks."""

from unrack.model.access import assurance_of
from unrack.model.assurance import Assurance
from unrack.model.policy import Person, Policy
from unrack.model.rights import Action


def can_prove(policy: Policy, person: Person, action: Action) -> bool:
    """Whether `person` has what `action` asks for: a key that is not revoked, or a login where vouched is enough.

    Dates of keys do not count: the same file must not be right on one day and wrong on another.
    """
    wanted = assurance_of(policy, action)
    has_key = any(key.revoked is None for key in person.keys)
    vouched = wanted is Assurance.VOUCHED and person.oidc is not None
    return has_key or vouched or wanted is Assurance.STATED
