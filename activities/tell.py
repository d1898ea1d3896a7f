"""The activity that tells people."""

import asyncio
from typing import Any

import apprise
from temporalio import activity

from activities._boundary import at_best, boundary
from unrack.contracts.activities import TellActivities
from unrack.contracts.calls import Notice, NoticeKind

_LEVEL = {
    NoticeKind.TASK: apprise.NotifyType.INFO,
    NoticeKind.APPROVAL: apprise.NotifyType.INFO,
    NoticeKind.ENDED: apprise.NotifyType.SUCCESS,
    NoticeKind.OVERDUE: apprise.NotifyType.WARNING,
    NoticeKind.PARKED: apprise.NotifyType.FAILURE,
    NoticeKind.INTERFERENCE: apprise.NotifyType.FAILURE,
}


class Tell(TellActivities):
    """Sends notices to the configured places; at worst they are only logged."""

    def __init__(self, places: tuple[str, ...] = ()) -> None:
        """Send to `places`, addresses as `apprise` takes them."""
        self._places = places

    @activity.defn(name="tell")
    async def tell(self, notice: Notice) -> None:
        """Log the notice, then send it. That nobody could be reached is logged and fails nothing."""
        async with boundary(run=notice.run, step=notice.step or "", kind=notice.kind.value) as log:
            log.info("notice", title=notice.title, text=notice.text)
            with at_best(log, "notice-not-sent"):
                if self._places and not await asyncio.to_thread(self._send, notice):
                    log.warning("notice-not-sent", places=len(self._places))

    def _send(self, notice: Notice) -> bool:
        sender: Any = apprise.Apprise()  # the library's own types are incomplete
        accepted = [sender.add(place) for place in self._places]
        body = f"{notice.text}\n\n{notice.run}" + (f" · {notice.step}" if notice.step else "")
        return all(accepted) and bool(sender.notify(body=body, title=notice.title, notify_type=_LEVEL[notice.kind]))
