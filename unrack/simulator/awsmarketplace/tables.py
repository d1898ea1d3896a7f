"""The tables of the simulated agreement service."""

from datetime import datetime

from unrack.simulator.awsmarketplace.records import Agreement, AwsSettings, CancellationRequest, Charge, Identity, Quote
from unrack.simulator.table import Table


class Tables:
    """The tables of the agreement service."""

    def __init__(self) -> None:
        self.settings_row = Table("aws-settings", AwsSettings, lambda _: "settings")
        self.identities = Table("aws-identity", Identity, lambda x: x.access_key_id)
        self.agreements = Table("aws-agreement", Agreement, lambda x: x.id)
        self.requests = Table("aws-cancellation-request", CancellationRequest, lambda x: x.id)
        self.quotes = Table("aws-quote", Quote, lambda x: x.id)
        self.charges = Table("aws-charge", Charge, lambda x: x.id)

    @property
    def settings(self) -> AwsSettings:
        """Its habits."""
        return self.settings_row.get("settings") or AwsSettings()


def charge(tables: Tables, agreement: Agreement, at: datetime, amount: str) -> None:
    """Adds a charge."""
    number = 1 + len(tables.charges.where(agreement=agreement.id))
    tables.charges.put(Charge(id=f"{agreement.id}-{number:04d}", agreement=agreement.id, amount=amount, time=at))
