"""The activity that tells people."""

import re
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import apprise
from temporalio import activity

from activities._boundary import Log, boundary
from activities.ports import PeoplePort
from unrack.contracts.activities import NotifyActivities
from unrack.contracts.calls import Notice, NoticeKind
from unrack.i18n import ENGLISH, LANGUAGES, translate
from unrack.model.errors import UnrackError
from unrack.model.policy import Person
from unrack.model.visible import one_line, visible
from unrack.providers.threads import Threads

_LEVEL = {
    NoticeKind.TASK: apprise.NotifyType.INFO,
    NoticeKind.APPROVAL: apprise.NotifyType.INFO,
    NoticeKind.ENDED: apprise.NotifyType.SUCCESS,
    NoticeKind.OVERDUE: apprise.NotifyType.WARNING,
    NoticeKind.IN_DOUBT: apprise.NotifyType.WARNING,
    NoticeKind.HOLD: apprise.NotifyType.WARNING,
    NoticeKind.RELEASE: apprise.NotifyType.INFO,
    NoticeKind.PARKED: apprise.NotifyType.FAILURE,
    NoticeKind.INTERFERENCE: apprise.NotifyType.FAILURE,
}


_AT_ONCE = 16
"""How many notices are sent at the same time: fewer than a worker has room for, so that others go on."""

_ONE_OUTAGE = 3600.0
"""Seconds within which an outage is told once by this worker, however many runs it meets."""

_WITHIN = 18.0
"""Seconds for all places; an attempt has 20."""

_TURN = 10.0
"""Seconds for which a notice waits for a thread, before it is tried again."""


class Notify(NotifyActivities):
    """Sends notices to the configured places, and to the people whom they concern; at worst they are only logged."""

    def __init__(
        self,
        places: tuple[str, ...] = (),
        language: str = ENGLISH,
        *,
        mail: str | None = None,
        people: PeoplePort = lambda _: None,
    ) -> None:
        """Send by addresses as `apprise` takes them.

        Args:
            places: Where every notice goes. One that begins like ``fr:mailto://`` is told in French.
            language: Of places and people that name none.
            mail: The server by which people are mailed, an address without recipients; None: nobody is.
            people: Who is meant by a name.
        """
        self._places = tuple(_place(text, language) for text in places)
        self._language = language
        self._mail = mail
        self._people = people
        self._told_at: dict[str, float] = {}
        self._threads = Threads("notices", _AT_ONCE, turn=_TURN)

    @activity.defn(name="notify")
    async def notify(self, notice: Notice) -> None:
        """Log the notice, then send it. That nobody could be reached is logged and fails nothing.

        Raises:
            ApplicationError: so many wait for an answer that this one was not begun; it is worth another attempt.
        """
        async with boundary(run=notice.run, step=notice.step or "", kind=notice.kind.value) as log:
            log.info("notice", title=notice.title, text=notice.text)
            sends = bool(self._places or (self._mail and notice.people))
            if sends and self._is_news(notice):
                await self._sent(log, notice)

    def _is_news(self, notice: Notice) -> bool:
        """Whether no other run told the same within the hour: a provider's outage meets all of them."""
        if notice.about is None:
            return True
        now = time.monotonic()
        told = self._told_at.get(notice.about)
        if told is not None and now - told < _ONE_OUTAGE:
            return False
        self._told_at[notice.about] = now
        return True

    async def _sent(self, log: Log, notice: Notice) -> None:
        if self._mail and (unknown := [name for name in notice.people if not _addresses(self._people(name))]):
            log.warning("people-without-address", names=unknown)
        try:
            sent = await self._threads.call(lambda: self._send(notice), within=_WITHIN)
        except UnrackError:
            raise
        except Exception as error:  # noqa: BLE001  whatever a place does, it fails no run
            log.warning("notice-not-sent", error=type(error).__name__)
        else:
            if not sent:
                log.warning("notice-not-sent", places=len(self._places))

    def _send(self, notice: Notice) -> bool:
        """Every place is tried, whatever becomes of the others."""
        places = _by_language([*self._places, *self._mails(notice)])
        sent = [self._send_to(those, language, notice) for language, those in places.items()]
        return all(sent)

    def _mails(self, notice: Notice) -> list[tuple[str, str]]:
        """Language and place of the mails to people: those who read one language share a connection to the server."""
        if self._mail is None:
            return []
        persons = [person for name in notice.people if (person := self._people(name)) is not None]
        read = _by_language((self._read_by(each), address) for each in persons for address in _addresses(each))
        return [(language, _to(self._mail, addresses)) for language, addresses in read.items()]

    def _read_by(self, person: Person) -> str:
        """The best language of those that a person reads and notices can be told in."""
        return next((each for each in person.languages if each in LANGUAGES), self._language)

    def _send_to(self, places: list[str], language: str, notice: Notice) -> bool:
        asset = apprise.AppriseAsset(interpret_emojis=False, interpret_escapes=False)
        sender: Any = apprise.Apprise(asset=asset)  # the library's own types are incomplete
        accepted = [sender.add(place) for place in places]
        title, text = (translate(said, language, notice.translations) for said in (notice.title, notice.text))
        body = f"{text}\n\n{notice.run}" + (f" · {notice.step}" if notice.step else "")
        sent = sender.notify(
            body=visible(body),
            title=one_line(title),
            notify_type=_LEVEL[notice.kind],
            body_format=apprise.NotifyFormat.TEXT,  # else it is taken for HTML: `<why>` and line breaks are lost
        )
        return all(accepted) and bool(sent)


def _by_language(told: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for language, address in told:
        found.setdefault(language, []).append(address)
    return found


def _addresses(person: Person | None) -> tuple[str, ...]:
    return () if person is None else person.tell


def _to(mail: str, addresses: Iterable[str]) -> str:
    """The server's address with recipients: each gets a mail of their own, and sees no other."""
    recipients = ",".join(quote(each, safe="@") for each in dict.fromkeys(addresses))
    return f"{mail}{'&' if '?' in mail else '?'}to={recipients}"


def _place(text: str, usual: str) -> tuple[str, str]:
    """The language and the address of a place."""
    match = re.match(r"([a-z]{2}):(?=[A-Za-z0-9+.-]+://)", text)
    return (match[1], text[match.end() :]) if match else (usual, text)
