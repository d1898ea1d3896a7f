"""Records of the simulated agreement service."""

from unrack.model.base import Frozen, Moment


class AwsSettings(Frozen):
    """Its habits, in provider seconds."""

    processing: float = 600
    """From an accepted cancellation request to the end of the agreement. Not published; assumed."""
    amendment_cost: str = "0"
    """The price of a change of the renewal, charged on acceptance."""
    approval_required: bool = False
    """Whether a quote needs an approval inside the company (AWS Marketplace approvals)."""


class Identity(Frozen):
    """An access key of an IAM user. Simulator credentials protect nothing and are documented."""

    access_key_id: str
    secret_access_key: str
    account: str
    user: str = "unrack"
    session_token: str | None = None
    """Set on a temporary key; a key that was got with a second factor is one."""
    allowed: tuple[str, ...] = ("aws-marketplace:*",)
    """IAM actions; ``*`` stands for anything."""
    mfa_for: tuple[str, ...] = ()
    """Operations for which AWS wants a second factor, which a key without a session token does not prove."""


class Agreement(Frozen):
    """An agreement that a buyer accepted."""

    id: str
    buyer: str
    seller: str
    product: str
    product_type: str
    offer: str
    accepted_at: Moment
    starts_at: Moment | None = None
    """When a future dated agreement begins; None: when it was accepted."""
    ends_at: Moment | None
    """None: pay-as-you-go."""
    term_days: int = 365
    renewal_term: bool = True
    auto_renew: bool = True
    lockout_days: int = 0
    """So many days before the end date the choice is fixed."""
    opted_out: bool = False
    """Whether the buyer turned the renewal off."""
    price: str = "1200.00"
    """USD for the term of a contract, or for a month of a pay-as-you-go agreement."""
    status: str = "ACTIVE"
    ended_at: Moment | None = None
    entitled: bool = True
    licence: str | None = None
    next_charge_at: Moment | None = None
    """When the use of the month before is charged."""
    seller_asks_at: Moment | None = None
    """When the seller sends its request to cancel, as if the buyer had written to it."""


class CancellationRequest(Frozen):
    """A seller's request to cancel."""

    id: str
    agreement: str
    status: str = "PENDING_APPROVAL"
    reason_code: str = "ALTERNATIVE_PROCUREMENT_CHANNEL"
    description: str = "Asked for by the buyer"
    message: str | None = None
    created_at: Moment
    updated_at: Moment
    ends_at: Moment | None = None
    """When an accepted request takes effect."""


class Quote(Frozen):
    """An agreement request: a quote for an amended renewal."""

    id: str
    token: str
    agreement: str
    renew: bool
    created_at: Moment
    accepted: bool = False


class Charge(Frozen):
    """One charge."""

    id: str
    agreement: str
    amount: str
    time: Moment
