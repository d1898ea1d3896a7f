"""A command line that is not right is told in the language of who typed it, with all that stands around it."""

import re

import pytest
from typer.testing import CliRunner

from unrack.cli.app import app
from unrack.cli.help import speak_for_words
from unrack.cli.usage import usage_message
from unrack.i18n.values import USAGE
from unrack.model.message import Message

MISTAKES = {
    "": "Il manque une commande.",
    "nope": "Il n'y a pas de commande « nope ». Vouliez-vous dire 'note' ?",
    "zzz": "Il n'y a pas de commande « zzz ».",
    "runbook zzz": "Il n'y a pas de commande « zzz ».",
    "-x": "Il n'y a pas d'option -x",
    "status --jsn x": "Il n'y a pas d'option --jsn (options possibles : --json)",
    "status": "Il manque l'argument 'RUN'.",
    "resolve run step": "Il manque l'argument 'retry|skip|ended'. Au choix : retry, skip, ended",
    "resolve run step skip": "Il manque l'option '--reason'.",
    "status a b": "Argument(s) de trop : b",
    "list --limit": "L'option « --limit » attend une valeur.",
    "list --json=3": "L'option « --json » ne prend pas de valeur.",
    "list --limit x": "Valeur incorrecte pour '--limit' : ce n'est pas un nombre entier",
    "list --limit 0": "Valeur incorrecte pour '--limit' : il faut au moins 1",
    "up --port 99999": "Valeur incorrecte pour '--port' : il faut au plus 65535",
    "up --scale x": "Valeur incorrecte pour '--scale' : ce n'est pas un nombre",
    "list --waiting zz": "Valeur incorrecte pour '--waiting' : 'zz' n'est pas parmi 'approval', 'task'",
    "extend run --reason why": "Valeur incorrecte : dites soit --by DURÉE soit --to QUAND",
    "extend run --reason why --by x": "Valeur incorrecte : « x » n'est pas une durée",
}
"""Command lines, and what is wrong with each, in French."""

WITHOUT_USAGE = ("list --limit", "list --json=3")
"""typer prints no usage line for these."""


def typed(words: str, *before: str, **environment: str) -> str:
    """What is printed for a command line, without frames and the breaks of a terminal."""
    set_to = {"COLUMNS": "300", "LC_ALL": "C", "UNRACK_LANG": "", **environment}
    shown = CliRunner().invoke(app, [*before, *words.split()], env=set_to)
    assert shown.exit_code == 2
    return re.sub(r"[\s│╭╮╰╯─]+", " ", shown.output)


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_on_the_command_line_is_told_in_french(words: str) -> None:
    """What is wrong, the title above it, the usage line, and where help is."""
    shown = typed(words, "--lang", "fr")

    assert f"Erreur {MISTAKES[words]}" in shown
    assert "Error" not in shown
    assert "Usage:" not in shown
    assert "for help" not in shown
    assert ("Usage : unrack" in shown and "Voyez l'aide avec 'unrack" in shown) == (words not in WITHOUT_USAGE)


def test_every_sentence_that_has_a_french_one_is_one_that_the_library_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of typer or pydantic with other words fails here, and above."""
    met: set[str] = set()

    def seen(error: object) -> str:
        message = usage_message(error)  # pyright: ignore[reportArgumentType]
        parts = [message, *(message.values.values() if isinstance(message, Message) else ())]
        met.update(part.template for part in parts if isinstance(part, Message))
        return message

    monkeypatch.setattr("unrack.cli.usage.usage_message", seen)
    for words in MISTAKES:
        typed(words, "--lang", "fr")

    assert {str(each) for each in USAGE} - met == set()


def test_a_mistake_is_told_in_the_language_of_setting_and_locale() -> None:
    """Before ``--lang`` could be read, too; English is as the library says it."""
    assert "Erreur Il manque l'argument 'RUN'." in typed("status", UNRACK_LANG="fr")
    assert "Erreur Il n'y a pas d'option --nope" in typed("--nope", LC_ALL="fr_FR.UTF-8")
    assert "Error Missing argument 'RUN'." in typed("status", "--lang", "en", UNRACK_LANG="fr")
    assert "Error 'jump' is not one of" not in typed("resolve run step jump --reason why")
    assert "Invalid value for 'retry|skip|ended': 'jump' is not one of 'retry'" in typed(
        "resolve run step jump --reason y"
    )


def test_a_mistake_in_json_has_one_language() -> None:
    """Tools read it."""
    told = '"message": "No such option: --xx"'

    assert told in typed("list --xx --json", "--lang", "fr")
    assert told in typed("--xx list --json", UNRACK_LANG="fr")


@pytest.mark.parametrize("group", ["runbook", "evidence"])
def test_a_group_without_a_command_is_explained_in_french(group: str) -> None:
    """Its help is what somebody sees who typed its name alone."""
    shown = typed(group, "--lang", "fr")

    assert f"Usage : unrack {group} [OPTIONS] COMMANDE [ARGUMENTS]..." in shown
    assert "Afficher cette aide et quitter." in shown


def test_a_help_in_french_says_required_and_default_in_french() -> None:
    """What typer adds to each option; and English again in the same process."""
    runner = CliRunner(env={"COLUMNS": "300", "LC_ALL": "C", "UNRACK_LANG": ""})
    french, english = (runner.invoke(app, ["--lang", each, "up", "--help"]).output for each in ("fr", "en"))

    assert "[par défaut : 1.0]" in french
    assert "[default:" not in french
    assert "Usage : unrack up" in french
    assert "[default: 1.0]" in english
    assert "[obligatoire]" in runner.invoke(app, ["--lang", "fr", "runbook", "new", "--help"]).output
    speak_for_words(["--lang", "en"])
