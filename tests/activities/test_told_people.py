"""People are mailed themselves what they must know, each in their language, at the addresses of the policy."""

import email
import email.policy
from email.message import EmailMessage

import pytest
import structlog
from temporalio.testing import ActivityEnvironment

from activities.notify import Notify
from tests.workflows.office import ANN, LEA, OMAR, policy
from unrack.contracts.calls import Notice, NoticeKind
from unrack.model.access import person_of
from unrack.model.message import msg
from unrack.model.policy import Person

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

TELL: dict[str, dict[str, list[str]]] = {
    LEA: {"tell": ["lea@example.org", "lea+on-call@example.net"], "languages": ["fr", "en"]},
    OMAR: {"tell": ["omar@example.org"], "languages": ["de"]},
}


def _person(name: str) -> Person | None:
    content = policy().model_dump(mode="json")
    for person in content["people"]:
        person.update(TELL.get(person["principal"], {}))
    return person_of(type(policy()).model_validate(content), name)


def _notice(*people: str) -> Notice:
    title = msg("the run {id} is held", id="p-x/1")
    return Notice(run="p-x/1", kind=NoticeKind.INTERFERENCE, title=title, text="look at it", people=people)


async def _told(notify: Notify, notice: Notice) -> None:
    await ActivityEnvironment().run(notify.notify, notice)


def _server(place: str) -> str:
    """The mail server of `place`, without its recipient."""
    return place.replace("&to=ops@example.org", "")


def _read(mails: list[bytes]) -> dict[str, EmailMessage]:
    read = [email.message_from_bytes(raw, policy=email.policy.default) for raw in mails]
    return {str(each["to"]): each for each in read}


async def test_each_person_gets_a_mail_of_their_own_in_their_language(mails: tuple[str, list[bytes]]) -> None:
    """At every address of theirs, by whatever name the run knows them; nobody sees who else was told."""
    notify = Notify(mail=_server(mails[0]), people=_person)

    await _told(notify, _notice(LEA, " Omar ", ANN))
    read = _read(mails[1])

    assert len(mails[1]) == 3
    assert {to: each["subject"] for to, each in read.items()} == {
        "lea@example.org": "l'exécution p-x/1 est suspendue",
        "lea+on-call@example.net": "l'exécution p-x/1 est suspendue",
        "omar@example.org": "the run p-x/1 is held",
    }


async def test_the_places_of_the_installation_are_told_beside(mails: tuple[str, list[bytes]]) -> None:
    """Whoever looks after the runs hears of it, too; a notice for nobody in particular goes there alone."""
    notify = Notify((mails[0],), mail=_server(mails[0]), people=_person)

    await _told(notify, _notice())
    await _told(notify, _notice(OMAR))

    assert sorted(str(_read([raw]).popitem()[0]) for raw in mails[1]) == [
        "omar@example.org",
        "ops@example.org",
        "ops@example.org",
    ]


async def test_who_cannot_be_mailed_is_named_and_fails_nothing() -> None:
    """Without an address, or where the server does not answer: the log says so, and the run goes on."""
    notify = Notify(mail="mailto://127.0.0.1:9?from=unrack@example.org&mode=insecure", people=_person)

    with structlog.testing.capture_logs() as logged:
        await _told(notify, _notice(OMAR, ANN, "nobody"))
    said = {each["event"]: each for each in logged}

    assert said["people-without-address"]["names"] == [ANN, "nobody"]
    assert "notice-not-sent" in said


async def test_without_a_mail_server_nobody_is_mailed(mails: tuple[str, list[bytes]]) -> None:
    """Notices go where the installation says, with the names in their text."""
    await _told(Notify((mails[0],), people=_person), _notice(OMAR))

    assert list(_read(mails[1])) == ["ops@example.org"]
