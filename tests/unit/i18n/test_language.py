"""Texts, dates and durations in a person's language, from the English in which they were said or recorded."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console

from unrack.cli.render import formats
from unrack.cli.screen import Spoken
from unrack.i18n import also_saying, choose, say, speaking, translate
from unrack.i18n.dates import in_words


def test_a_text_is_found_by_its_pattern_and_values_are_said_too() -> None:
    """A recorded refusal is read in French, with the sentence and the date inside it."""
    said = translate("approved by ann; 1 more needed", "fr")

    assert said == "approuvé par ann ; il en manque 1"
    assert translate("grace ends at 2026-03-01 14:05 UTC by the provider's clock", "fr") == (
        "le délai de grâce se termine le 1er mars 2026 à 14:05 UTC à l'horloge du fournisseur"
    )


def test_what_is_not_known_stays_as_it_was_said() -> None:
    """The words of a person or provider are nobody's to change."""
    for text in ("the Paris office closed", "HTTP 500", "", "done by hand, see CHG-1"):
        assert translate(text, "fr") == text


def test_english_is_never_touched() -> None:
    """Whoever reads English reads what was recorded."""
    assert translate("approved by ann; 1 more needed", "en") == "approved by ann; 1 more needed"
    assert translate("anything", "nl") == "anything"


def test_texts_of_the_runbook_come_from_the_plan() -> None:
    """A run says what its plan carries, also for a language that the program itself does not speak."""
    translations = {"fr": {"Lock the ports": "Verrouiller les ports"}, "de": {"Lock the ports": "Ports sperren"}}

    assert translate("Lock  the\nports", "fr", translations) == "Verrouiller les ports"
    assert translate("Lock the ports", "de", translations) == "Ports sperren"
    assert translate("Lock the ports is overdue", "fr", translations) == "Verrouiller les ports est en retard"


@pytest.mark.parametrize(
    ("english", "french"),
    [
        (
            "r.yaml:7:9: the runbook 'x' has no timing 'y'. Known here: end-of-term, immediate.",
            "r.yaml:7:9: la procédure « x » n'a pas de date « y ». Connus ici : end-of-term, immediate.",
        ),
        ("r.yaml:4:1: 'reason' is missing. Add it.", "r.yaml:4:1: « reason » manque. Ajoutez-le."),
        (
            "Error: r.yaml:4:1: unknown field 'x'. Did you mean 'y'?",
            "Erreur : r.yaml:4:1: champ inconnu « x ». Vouliez-vous dire « y » ?",
        ),
        (
            "r.yaml:2:3: the parameter 'x' is missing: Its name; or none. As Y shows it.",
            "r.yaml:2:3: le paramètre « x » manque : Its name; or none. As Y shows it.",
        ),
        (
            "r.yaml:2:3: unknown field 'x'. The words of somebody.",
            "r.yaml:2:3: champ inconnu « x ». The words of somebody.",
        ),
        ("Add it. The words of somebody.", "Add it. The words of somebody."),
    ],
)
def test_mistakes_in_a_file_are_said_after_their_place(english: str, french: str) -> None:
    """What is wrong and what was meant are two texts; what nobody translated stays exactly as it was."""
    with speaking("fr"):
        said = say(f"[bold red]{english.replace(': ', ':[/] ', 1)}" if english.startswith("Error") else english)

    assert said.replace("[bold red]", "").replace("[/]", "") == french


@pytest.mark.parametrize(
    ("english", "french"),
    [
        (
            "the whmcs account 'a' cannot be used: time_zone: it is no time zone, as Europe/Paris is",
            (
                "le compte whmcs « a » ne peut pas être utilisé : time_zone: ce n'est pas un fuseau horaire, "
                "comme Europe/Paris"
            ),
        ),
        ("endpoint: nobody knows this text", "endpoint: nobody knows this text"),
        (
            "the evidence file '/tmp/x' cannot be read: it cannot be opened",
            "le fichier de preuve « /tmp/x » ne peut pas être lu : impossible de l'ouvrir",
        ),
        (
            (
                "the run is paused in Temporal: it answers nothing, judges no decision and watches no date. "
                "It last showed: phase purge; waiting for purge.x, purge.y; due 2026-03-01 12:00 UTC. "
                "Urgent: the provider will end the service by itself, and nobody takes that back"
            ),
            (
                "l'exécution est en pause dans Temporal : elle ne répond à rien, ne juge aucune décision et ne "
                "surveille aucune date. Dernier état affiché : phase purge ; en attente de purge.x, purge.y ; "
                "échéance 1er mars 2026 à 12:00 UTC. Urgent : le fournisseur mettra fin au service de lui-même, et "
                "personne n'annule cela"
            ),
        ),
    ],
)
def test_a_text_of_several_parts_is_said_down_to_its_last_part(english: str, french: str) -> None:
    """The names of settings and files stay; a text that nobody translated stays, too."""
    assert translate(english, "fr") == french


def test_several_lines_are_said_line_by_line() -> None:
    """Indentation stays."""
    assert translate("No runs.\n  What to do: retry\n", "fr") == "Aucune exécution.\n  Que faire : retry\n"


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
        console.print("[bold]Lost for good[/]")
        console.print("• Lock the ports")
        assert say("[green]done[/]") == "[green]terminée[/]"

    assert console.export_text().splitlines() == ["Perdu pour de bon", "• Verrouiller les ports"]
    assert isinstance(console, Console)
