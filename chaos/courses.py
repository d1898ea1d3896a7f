"""The courses that are played, and the people on them: who does tasks, approves, looks into the mailbox, decides."""

import re
from dataclasses import dataclass
from datetime import timedelta

from unrack import simulator as sim
from unrack.model.lifecycle import Outcome, Phase

_DETACHED = (
    *["DELETE /ovhCloudConnect/*/config/pop/*/datacenter/*/extra/*"] * 4,
    *["DELETE /ovhCloudConnect/*/config/pop/*/datacenter/*"] * 2,
    "DELETE /ovhCloudConnect/*/config/pop/*",
    "DELETE /vrack/*/ovhCloudConnect/*",
)
_LOCKED = ("POST /ovhCloudConnect/*/interface/*/lock",) * 2
_UNLOCKED = ("POST /ovhCloudConnect/*/interface/*/unlock",) * 2
_PLANNED = "PUT /services/*"
_RELEASED = "POST /services/*/terminate/skipRetentionPeriod"
_ASKED = "POST /ovhCloudConnect/*/terminate"
_CONFIRMED = "POST /ovhCloudConnect/*/confirmTermination"
_PUT_BACK = (
    "POST /vrack/*/ovhCloudConnect",
    "POST /ovhCloudConnect/*/config/pop",
    *[
        "POST /ovhCloudConnect/*/config/pop/*/datacenter",
        *["POST /ovhCloudConnect/*/config/pop/*/datacenter/*/extra"] * 2,
    ]
    * 2,
)

IRREVERSIBLE = (_ASKED, _CONFIRMED, _RELEASED)
"""Calls that must take effect at most once in a run."""

TOKEN = re.compile(r"confirmTerminate\?id=\w+&token=(\w+)")
CABLE = "handover.remove-cross-connect"


@dataclass(frozen=True, slots=True)
class Course:
    """One way through a run, with what the provider's ledger must show at its end, written down by hand."""

    name: str
    request: str
    outcome: Outcome
    ledger: tuple[str, ...]
    """What must have taken effect, in this order; ids as ``*``."""
    grace: timedelta = timedelta(0)
    """Least time, by the provider's clock, between the last call that can be taken back and the first that cannot."""
    turned_in: Phase | None = None
    """The phase in which people roll the run back."""
    next_bill_in: timedelta = timedelta(days=8)
    """The bill that proves the end comes a month after this one."""

    @property
    def seed(self) -> sim.Seed:
        """The provider's world at the launch."""
        return sim.Seed(expires_in=timedelta(days=30), next_bill_in=self.next_bill_in)


COURSES = (
    Course(
        "end-of-term",
        "ovhcloud-connect-direct.yaml",
        Outcome.CLOSED,
        (*_DETACHED, _PLANNED, _RELEASED),
        timedelta(days=25),
    ),
    Course(
        "immediate",
        "ovhcloud-connect-direct-immediate.yaml",
        Outcome.CLOSED,
        (*_LOCKED, *_UNLOCKED, *_DETACHED, _ASKED, _CONFIRMED, _RELEASED),
        timedelta(days=7),
        next_bill_in=timedelta(days=17),
    ),
    Course(
        "end-of-term-reactivated",
        "ovhcloud-connect-direct.yaml",
        Outcome.REACTIVATED,
        (*_DETACHED, _PLANNED, _PLANNED, *_PUT_BACK),
        turned_in=Phase.GRACE,
    ),
    Course(
        "immediate-reactivated",
        "ovhcloud-connect-direct-immediate.yaml",
        Outcome.REACTIVATED,
        (*_LOCKED, *_UNLOCKED, *_DETACHED, *_PUT_BACK),
        turned_in=Phase.GRACE,
    ),
)
