"""When the credential of an account ends by itself, where it does."""

from datetime import datetime, timedelta

from unrack.model.base import Frozen, Moment
from unrack.model.message import msg
from unrack.model.message_text import MessageText

NEAR = timedelta(days=30)
"""So long before its end people are told: time enough to make another one, and a run takes about as long."""


class CredentialEnd(Frozen):
    """The end of a credential, as its provider shows it."""

    at: Moment | None = None
    """None: the provider does not say when, and it is a matter of hours."""
    why: MessageText
    """The thing that ends, as ``the consumer key``."""

    def is_near(self, now: datetime) -> bool:
        """Whether people must be told by `now`."""
        return self.at is None or self.at - now < NEAR

    def is_before(self, moment: datetime | None) -> bool:
        """Whether it ends before `moment`."""
        return moment is not None and (self.at is None or self.at < moment)

    @property
    def words(self) -> str:
        """That it ends, and when; nothing that changes with the minute, since plans have a digest."""
        if self.at is None:
            return msg("ends within hours ({why})", why=self.why)
        return msg("ends on {at} ({why})", at=f"{self.at:%Y-%m-%d %H:%M %Z}", why=self.why)
