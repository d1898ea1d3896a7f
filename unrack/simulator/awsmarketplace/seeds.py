"""The demo's agreements. The keys below protect nothing: they open a simulator and are written in the documentation."""

from datetime import datetime, timedelta

from unrack.model.base import Frozen
from unrack.simulator.awsmarketplace.events import first_charge
from unrack.simulator.awsmarketplace.records import Agreement, AwsSettings, Identity
from unrack.simulator.awsmarketplace.tables import Tables, charge
from unrack.simulator.calendar_months import plus_months

ACCESS_KEY_ID = "AKIASIMULATOR0000000"
SECRET_ACCESS_KEY = "5imu1at0rSecretAccessKey0000000000000000"  # noqa: S105  # documented, opens a simulator only
ACCOUNT = "111122223333"
SELLER = "444455556666"
METERED = "agmt-1demometered"
"""A pay-as-you-go agreement: the buyer may cancel it."""
CONTRACT = "agmt-2democontract"
"""A contract older than 48 hours that renews by itself: only its seller can begin a cancellation."""
FRESH_CONTRACT = "agmt-3demofresh"
"""A contract bought a short while ago: the buyer may still cancel it."""


class AwsSeed(Frozen):
    """The first state of the agreement service."""

    each: int = 1
    """How many agreements of each kind there are; a number follows the ids of further ones."""
    contract_ends_in: timedelta = timedelta(days=60)
    fresh_for: timedelta = timedelta(hours=2)
    """How long ago the fresh contract was bought."""
    seller_asks_in: timedelta | None = None
    """From now to the seller's request to cancel the contract."""
    lockout_days: int = 0
    renewal_term: bool = True
    auto_renew: bool = True
    metered_type: str = "SaaSProduct"
    buyer: str = ACCOUNT
    """The account that accepted the agreements; the credential is the demo account's."""
    allowed: tuple[str, ...] = ("aws-marketplace:*",)
    mfa_for: tuple[str, ...] = ()
    session_token: str | None = None
    settings: AwsSettings = AwsSettings()


def fill(tables: Tables, seed: AwsSeed, now: datetime) -> None:
    """Fills empty tables."""
    tables.settings_row.put(seed.settings)
    tables.identities.put(
        Identity(
            access_key_id=ACCESS_KEY_ID,
            secret_access_key=SECRET_ACCESS_KEY,
            account=ACCOUNT,
            session_token=seed.session_token,
            allowed=seed.allowed,
            mfa_for=seed.mfa_for,
        )
    )
    for number in range(seed.each):
        _add_each(tables, seed, now, "" if number == 0 else str(number + 1))


def _add_each(tables: Tables, seed: AwsSeed, now: datetime, number: str) -> None:
    """An agreement of each kind; `number` follows its id."""
    contract, fresh, bought = f"{CONTRACT}{number}", f"{FRESH_CONTRACT}{number}", now - seed.fresh_for
    _add_metered(tables, seed, now, f"{METERED}{number}")
    _add_contract(tables, seed, contract, plus_months(now, -10), now + seed.contract_ends_in)
    if seed.seller_asks_in is not None:
        tables.agreements.change(tables.agreements[contract], seller_asks_at=now + seed.seller_asks_in)
    _add_contract(tables, seed, fresh, bought, bought + timedelta(days=365))
    tables.agreements.change(tables.agreements[fresh], product="prod-monitoring")


def _add_metered(tables: Tables, seed: AwsSeed, now: datetime, name: str) -> None:
    agreement = tables.agreements.put(
        Agreement(
            id=name,
            buyer=seed.buyer,
            seller=SELLER,
            product="prod-cloudcraft",
            product_type=seed.metered_type,
            offer="offer-metered",
            accepted_at=plus_months(now, -6),
            ends_at=None,
            renewal_term=False,
            auto_renew=False,
            price="49.00",
            licence="arn:aws:license-manager:us-east-1:111122223333:license:l-metered",
            next_charge_at=first_charge(now),
        )
    )
    charge(tables, agreement, plus_months(first_charge(now), -1), agreement.price)


def _add_contract(tables: Tables, seed: AwsSeed, name: str, accepted: datetime, ends: datetime) -> None:
    agreement = tables.agreements.put(
        Agreement(
            id=name,
            buyer=seed.buyer,
            seller=SELLER,
            product="prod-backup",
            product_type="SaaSProduct",
            offer=f"offer-{name}",
            accepted_at=accepted,
            ends_at=ends,
            renewal_term=seed.renewal_term,
            lockout_days=seed.lockout_days,
            auto_renew=seed.renewal_term and seed.auto_renew,
        )
    )
    charge(tables, agreement, accepted, agreement.price)
