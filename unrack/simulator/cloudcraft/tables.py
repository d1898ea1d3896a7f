"""The tables of the simulated Cloudcraft."""

from unrack.simulator.cloudcraft.records import Blueprint, Cloud, Rendering, Subscription, User
from unrack.simulator.table import Table


class Tables:
    """The tables of Cloudcraft."""

    def __init__(self) -> None:
        self.subscription_row = Table("cloudcraft-subscription", Subscription, lambda _: "subscription")
        self.users = Table("cloudcraft-user", User, lambda x: x.id)
        self.blueprints = Table("cloudcraft-blueprint", Blueprint, lambda x: x.id)
        self.clouds = Table("cloudcraft-cloud", Cloud, lambda x: x.id)
        self.renderings = Table("cloudcraft-rendering", Rendering, lambda x: x.key)

    @property
    def subscription(self) -> Subscription:
        """The account's plan."""
        return self.subscription_row["subscription"]
