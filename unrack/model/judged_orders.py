"""How the register takes what workers say of orders, where a policy rules. Part of the pure fold, like arrivals.

Arrivals look only at what arrived, judgements only at what was taken before: whichever of two that come together is
computed first, the register is the same. `taken` stands between them, and is recorded exactly where it happens.
"""

from unrack.model.assurance import Assurance
from unrack.model.installation_hold import HoldRegister, answered, counted, denied
from unrack.model.installation_order import JudgedOrder, Judgement, Order, PlaceHold, Selector, WaitingOrder
from unrack.model.message import msg
from unrack.model.policy_ref import PolicyRef
from unrack.model.statement import Refusal


def taken(register: HoldRegister) -> HoldRegister:
    """The register once a worker is asked about everything that waits, or once more about what it did not answer."""
    if register.under_way:
        return register
    return register.model_copy(update={"under_way": register.waiting, "waiting": ()})


def selectors(register: HoldRegister) -> dict[str, Selector]:
    """What the holds select about which orders may speak: those that stand, were lifted, or are being judged."""
    placing = {each.hold: each.order.which for each in register.under_way if isinstance(each.order, PlaceHold)}
    lifted = {each.hold.id: each.hold.which for each in register.lifted}
    standing = {each.id: each.which for each in register.standing}
    return {hold: which for hold, which in {**lifted, **placing, **standing}.items() if hold is not None}


def settled(register: HoldRegister, judgement: Judgement) -> HoldRegister:
    """The register after a worker judged what it was asked about, each order in its turn."""
    said = {each.digest: each for each in judgement.judged}
    batch = register.under_way
    register = register.model_copy(update={"under_way": (), "ruled": judgement.policy or register.ruled})
    for each in batch:
        register = _settled(register, each, said.get(each.digest), judgement.policy)
    return register


def _settled(
    register: HoldRegister, waiting: WaitingOrder, judged: JudgedOrder | None, policy: PolicyRef | None
) -> HoldRegister:
    if judged is None or judged.by is None:
        words = judged.words if judged is not None else msg("nobody could say who it is from")
        return denied(register, waiting, (judged and judged.why) or Refusal.UNSIGNED, words, policy)
    waiting = waiting.model_copy(update={"at": judged.at})
    if _was_before(register, waiting.order):
        words = msg("an order with this id was judged before: sent again it changes nothing")
        return denied(register, waiting, Refusal.REPLAYED, words, policy)
    proven = judged.by if judged.by.assurance is not Assurance.STATED else None
    changed, answer = counted(register, waiting, proven, judged.lifts)
    return answered(changed, waiting.order, answer)


def _was_before(register: HoldRegister, order: Order) -> bool:
    """Of an order whose answer is forgotten, too, while what it did is known."""
    holds = (*register.standing, *(each.hold for each in register.lifted))
    placed = isinstance(order, PlaceHold) and any(each.order == order.id for each in holds)
    return placed or order.id in register.answers
