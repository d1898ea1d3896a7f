"""Why a run did not begin: a worker found that whoever started it may not, and what they can do now. Pure."""

from pydantic import Field

from unrack.model.base import Frozen, is_default
from unrack.model.message import msg
from unrack.model.message_text import MessageText
from unrack.model.policy_ref import PolicyRef
from unrack.model.statement import Refusal

_KEY = msg("`unrack whoami` says whose your key is; whoever keeps the policy adds a key")
_SIGN = msg("sign it as you are: with --key PATH, UNRACK_SIGNING_KEY, or Git's user.signingkey")
_AGAIN = msg("look at the plan of now, and sign that one: unrack plan REQUEST.yaml")

_TO_DO = {
    Refusal.UNSIGNED: _SIGN,
    Refusal.ALTERED: msg("sign it again, with `unrack` and with a key that the policy names"),
    Refusal.FOREIGN_RUN: _AGAIN,
    Refusal.FOREIGN_PLAN: _AGAIN,
    Refusal.EXPIRED: msg("sign it again, and send it before it expires"),
    Refusal.AHEAD: msg("set the clock of the machine that signs, and sign it again"),
    Refusal.KEY_UNKNOWN: _KEY,
    Refusal.KEY_REVOKED: _KEY,
    Refusal.KEY_NOT_YET: _KEY,
    Refusal.KEY_EXPIRED: _KEY,
    Refusal.DUTY: msg("have somebody else do it"),
    Refusal.NAMESPACE: msg("sign it with `unrack`"),
}


class NotBegun(Frozen):
    """Why a run did not begin. It touched nothing."""

    why: Refusal | None = Field(default=None, exclude_if=is_default)
    """None: its start itself is not believed."""
    words: MessageText
    policy: PolicyRef | None = Field(default=None, exclude_if=is_default)
    """The policy that says so; None: there is none, or nobody needed one to see it."""
    resumed: bool = Field(default=False, exclude_if=is_default)
    """Whether somebody wanted to go on with a run that is gone."""

    @property
    def told(self) -> str:
        """The reason in one line, its word first."""
        return self.words if self.why is None else msg("{why}: {words}", why=self.why.value, words=self.words)

    def next(self, run: str) -> str:
        """What to do now, for whoever started it; empty where the reason says it."""
        if self.policy is None or self.why is None:
            return ""
        if self.why is Refusal.RIGHT_MISSING:
            action = "resume" if self.resumed else "launch"
            return msg("`unrack policy who {action} --run {run}` says who may", action=action, run=run)
        return _TO_DO.get(self.why, "")
