"""A mail holds what was written: no markup is taken out, no line is lost, and nothing of it becomes a header."""

import email
import email.policy
from email.message import EmailMessage

import pytest

from activities.notify import Notify
from unrack.contracts.calls import Notice, NoticeKind
from unrack.model.lifecycle import ParkReason

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def _told(mails: tuple[str, list[bytes]], title: str, text: str) -> EmailMessage:
    notice = Notice(run="p-x/1", kind=NoticeKind.PARKED, title=title, text=text, step="a.b", reason=ParkReason.REFUSED)
    sender = Notify((mails[0],))
    assert sender._send(notice)  # pyright: ignore[reportPrivateUsage]
    (raw,) = mails[1]
    return email.message_from_bytes(raw, policy=email.policy.default)


def _texts(mail: EmailMessage) -> list[str]:
    parts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
    return [part.get_content().replace("\r\n", "\n") for part in parts]


def test_a_mail_keeps_markup_and_lines(mails: tuple[str, list[bytes]]) -> None:
    """`<why>`, `&`, `:codes:`, backslashes and every line break arrive as they were written."""
    text = "resolve RUN a.b retry --reason <why>\n\n  1. look at 3c:cd:36:aa:00:01\n  2. C:\\temp & more"

    mail = _told(mails, "Parked: <a> & b", text)

    assert mail["subject"] == "Parked: <a> & b"
    assert [content.strip() for content in _texts(mail)] == [f"{text}\n\np-x/1 · a.b"]


def test_a_mail_obeys_nothing(mails: tuple[str, list[bytes]]) -> None:
    """A line break in a title begins no header; control characters of a provider are written out."""
    mail = _told(mails, "Parked\r\nBcc: other@example.org\x1b[2J", "the provider said \x1b]0;x\x07 \u202eend")

    assert mail["bcc"] is None
    assert mail["subject"] == r"Parked\nBcc: other@example.org\x1b[2J"
    assert r"the provider said \x1b]0;x\x07 \u202eend" in _texts(mail)[0]


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_of_notice_can_be_sent(mails: tuple[str, list[bytes]], kind: NoticeKind) -> None:
    """Notices of holds and releases reached nobody: no urgency was set for them."""
    assert Notify((mails[0],))._send(Notice(run="p-x/1", kind=kind, title="t", text="x"))  # pyright: ignore[reportPrivateUsage]
    assert len(mails[1]) == 1
