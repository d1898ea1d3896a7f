"""Texts, dates and durations in a person's language, from the English in which they were said or recorded."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from unrack.cli.render import formats
from unrack.cli.screen import Spoken
from unrack.contracts.reconciliation import Pause
from unrack.documents.diagnostics import Diagnostic, did_you_mean
from unrack.evidence.files import read_regular
from unrack.i18n import also_saying, choose, say, speaking, translate
from unrack.i18n.dates import in_words
from unrack.model.errors import UnrackError
from unrack.model.message import joined, msg
from unrack.providers.ovhcloud.findings import options
from unrack.providers.whmcs.findings import addons
from unrack.temporal.connection import unreachable


def test_a_message_is_found_by_its_template_and_values_are_said_too() -> None:
    """A recorded refusal is read in French, with the sentence and the date inside it."""
    asked = msg("approved by {short}; {missing}", short="ann", missing=msg("{people} more needed", people=1))
    grace = msg("grace ends at {words} by the provider's clock", words="2026-03-01 14:05 UTC")

    assert asked == "approved by ann; 1 more needed"
    assert translate(asked, "fr") == "approuvé par ann ; il en manque 1"
    assert translate(grace, "fr") == (
        "le délai de grâce se termine le 1er mars 2026 à 14:05 UTC à l'horloge du fournisseur"
    )


def test_what_is_not_known_stays_as_it_was_said() -> None:
    """The words of a person or provider are nobody's to change."""
    for text in ("the Paris office closed", "HTTP 500", "", "done by hand, see CHG-1"):
        assert translate(text, "fr") == text


def test_english_is_never_touched() -> None:
    """Whoever reads English reads what was recorded."""
    asked = msg("approved by {short}; {missing}", short="ann", missing=msg("{people} more needed", people=1))

    assert translate(asked, "en") == "approved by ann; 1 more needed"
    assert translate("anything", "nl") == "anything"


def test_texts_of_the_runbook_come_from_the_plan() -> None:
    """A run says what its plan carries, also for a language that the program itself does not speak."""
    translations = {"fr": {"Lock the ports": "Verrouiller les ports"}, "de": {"Lock the ports": "Ports sperren"}}

    assert translate("Lock  the\nports", "fr", translations) == "Verrouiller les ports"
    assert translate("Lock the ports", "de", translations) == "Ports sperren"
    late = msg("{step} is parked", step="Lock the ports")
    assert translate(late, "fr", translations) == "Verrouiller les ports est bloquée"


def _at(line: int, column: int, message: str, suggestion: str = "") -> str:
    """A mistake in a file, as it is told."""
    return str(Diagnostic("r.yaml", line, column, message, suggestion))


@pytest.mark.parametrize(
    ("english", "french"),
    [
        (
            _at(
                *(7, 9, msg("the runbook '{name}' has no timing '{timing}'", name="x", timing="y")),
                did_you_mean("y", ["end-of-term", "immediate"]),
            ),
            "r.yaml:7:9: la procédure « x » n'a pas de date « y ». Connus ici : end-of-term, immediate.",
        ),
        (
            _at(4, 1, msg("'{detail}' is missing", detail="reason"), msg("Add it")),
            "r.yaml:4:1: « reason » manque. Ajoutez-le.",
        ),
        (
            _at(4, 1, msg("unknown field '{name}'", name="x"), did_you_mean("yx", ["yxy"])),
            "r.yaml:4:1: champ inconnu « x ». Vouliez-vous dire « yxy » ?",
        ),
        (
            _at(
                *(2, 3),
                msg("the parameter '{name}' is missing: {description}", name="x", description="Its name; or none."),
            ),
            "r.yaml:2:3: le paramètre « x » manque : Its name; or none.",
        ),
        (
            _at(2, 3, msg("unknown field '{name}'", name="x"), "The words of somebody."),
            "r.yaml:2:3: champ inconnu « x ». The words of somebody.",
        ),
        ("Add it. The words of somebody.", "Add it. The words of somebody."),
    ],
)
def test_mistakes_in_a_file_are_said_after_their_place(english: str, french: str) -> None:
    """What is wrong and what was meant are two texts; what nobody translated stays exactly as it was."""
    with speaking("fr"):
        assert say(english) == french
        error = say(msg("[bold red]Error:[/] {message}", message=english))

    assert error == f"[bold red]Erreur :[/] {french}"


def _read_in_french(error: UnrackError) -> str:
    """What a person reads of it whose language is French."""
    return translate(error.problem.message, "fr")


def test_a_text_of_several_parts_is_said_down_to_its_last_part(tmp_path: Path) -> None:
    """The names of settings and files stay; a text that nobody translated stays, too."""
    with pytest.raises(UnrackError) as unread:
        read_regular(tmp_path / "x", 1, "the evidence file")
    paused = joined(": ", [Pause(by="ui").words, "as somebody wrote"])

    assert _read_in_french(unread.value) == f"ce fichier n'existe pas : le fichier de preuve '{tmp_path}/x'"
    assert translate(paused, "fr") == "l'exécution est en pause dans Temporal par ui : as somebody wrote"
    assert translate("endpoint: nobody knows this text", "fr") == "endpoint: nobody knows this text"


def test_several_lines_are_said_line_by_line() -> None:
    """Indentation stays."""
    two = msg("No runs.\n  [bold]What to do:[/] {todo}\n", todo="retry")

    assert translate(two, "fr") == "Aucune exécution.\n  [bold]Que faire :[/] retry\n"


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("2026-03-31 14:05 UTC", "31 mars 2026 à 14:05 UTC"),
        ("2026-08-01T00:00:00+00:00", "1er août 2026 à 00:00:00 UTC"),
        ("until 2026-12-24", "until 24 décembre 2026"),
        ("30 days and 2 hours", "30 jours et 2 heures"),
        ("1 day", "1 jour"),
        ("2026-13-45", "2026-13-45"),
        ("PP:0103:1132697 P16", "PP:0103:1132697 P16"),
        ("10.2026-03-31-1", "10.2026-03-31-1"),
    ],
)
def test_dates_and_durations_are_written_as_french_people_write_them(english: str, french: str) -> None:
    """And what only looks like a date stays."""
    assert in_words(english, "fr") == french
    assert in_words(english, "en") == english.replace("T00:00:00+00:00", " 00:00:00 UTC")


def test_moments_and_spans_follow_the_reader() -> None:
    """The same moment, in two languages."""
    at = datetime(2026, 3, 31, 14, 5, 9, tzinfo=UTC)
    english = (formats.moment(at), formats.exact(at), formats.span(timedelta(hours=26)), formats.distance(at, at))
    with speaking("fr"):
        french = (formats.moment(at), formats.exact(at), formats.span(timedelta(hours=26)), formats.distance(at, at))
        assert formats.distance(at + timedelta(days=3), at) == "dans 3 jours"
        assert formats.distance(at - timedelta(minutes=4), at) == "il y a 4 minutes"
        assert formats.count(2, "task") == "2 tâches"
        assert formats.moment(None) == "pas encore connue"

    assert english == ("2026-03-31 14:05 UTC", "2026-03-31 14:05:09 UTC", "1 day and 2 hours", "now")
    assert french == ("31 mars 2026 à 14:05 UTC", "31 mars 2026 à 14:05:09 UTC", "1 jour et 2 heures", "maintenant")


@pytest.mark.parametrize(
    ("wanted", "environment", "chosen"),
    [
        (None, {}, "en"),
        ("fr", {"LANG": "en_GB.UTF-8"}, "fr"),
        (None, {"LANG": "fr_FR.UTF-8"}, "fr"),
        (None, {"LANG": "en_US.UTF-8", "LC_MESSAGES": "fr_CA.UTF-8"}, "fr"),
        (None, {"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
        ("de", {"LANG": "fr_FR"}, "en"),
    ],
)
def test_the_language_is_chosen_for_each_person(wanted: str | None, environment: dict[str, str], chosen: str) -> None:
    """The option or setting first, then the locale in the order of POSIX; English for what nobody speaks."""
    assert choose(wanted, environment) == chosen


def test_a_console_says_everything_in_the_readers_language() -> None:
    """Lines, marked texts and cells of tables; in English it prints what it is given."""
    console = Spoken(width=80, record=True, file=StringIO())
    with speaking("fr"), also_saying({"fr": {"Lock the ports": "Verrouiller les ports"}}):
        console.print(msg("[bold]{title}[/]", title=msg("Lost for good")))
        console.print(msg("[green]{status}[/] {step}", status="done", step="Lock the ports"))

    assert console.export_text().splitlines() == ["Perdu pour de bon", "terminée Verrouiller les ports"]
    assert isinstance(console, Console)


def test_what_is_billed_apart_is_told_in_french() -> None:
    """The name of an option is the provider's; the sentence around it is ours."""
    (ours,), (theirs,) = options(("backup",)), addons(("backup",))

    assert ours.text == (
        "'backup' is billed apart. It ends with the service, or is cancelled by itself: look at the next bill"
    )
    assert translate(ours.text, "fr").startswith("« backup » est facturé à part. Il se termine avec le service")
    assert translate(theirs.text, "fr").startswith("« backup » est facturé à part et peut ne pas")


def test_an_unreachable_server_is_told_in_french() -> None:
    """Without a server nothing else works, so this is the first thing that somebody reads."""
    problem = unreachable("127.0.0.1:7233", Path("/data"), "")

    assert (
        translate(problem.message, "fr") == "aucun serveur Temporal ne répond à 127.0.0.1:7233 : pas de réponse à temps"
    )
    assert translate(problem.suggestion, "fr").startswith("démarrez-en un avec `unrack up` (dossier de données /data)")
