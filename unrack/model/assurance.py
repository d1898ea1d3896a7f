"""How sure Unrack is that who decides is who the name says."""

from enum import StrEnum


class Assurance(StrEnum):
    """How sure Unrack is that an actor is who the name says; a policy says what each action needs at least."""

    STATED = "stated"
    """The person said so; nobody verified it."""
    VOUCHED = "vouched"
    """The console signed it with a key of its own: it says who was logged in."""
    SIGNED = "signed"
    """The person signed it with a key that the policy names."""

    def suffices_for(self, wanted: "Assurance") -> bool:
        """Whether it is as good as `wanted`, or better."""
        order = tuple(Assurance)
        return order.index(self) >= order.index(wanted)
