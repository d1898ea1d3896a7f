"""Somebody who reads French works with a run; what is recorded and what is JSON stays in one language."""

import pytest

from tests.surfaces.installation import Bench


@pytest.fixture(scope="module")
def run(desk: Bench) -> str:
    """A run that waits for the first human task."""
    return desk.at_attestation()


def flat(text: str) -> str:
    """Without the breaks of a narrow terminal."""
    return " ".join(text.split())


def test_a_plan_is_read_in_french(desk: Bench) -> None:
    """S0.4: what is lost, until when it can be taken back, and by whom, before anybody confirms."""
    shown = flat(desk.type("--lang", "fr", "plan", desk.request()).stdout)

    for text in (
        "Perdu pour de bon",
        "Tout le trafic passant par cette connexion, définitivement (S2.1).",
        "point de non-retour : à partir d'ici rien n'est défait",
        "oui par",
        "La réactivation est possible jusqu'au début de purge.await-end.",
        "2 personnes distinctes, dont aucune n'est l'auteur du lancement, sous 14 jours",
        "Le fournisseur met fin au service.",
    ):
        assert text in shown


def test_a_task_is_done_by_its_french_instructions(desk: Bench, run: str) -> None:
    """Instructions, form and dates are French; the command to type is the same for everybody."""
    shown = desk.type("--lang", "fr", "tasks", run).stdout

    assert "Confirmer que plus rien n'a besoin de cette connexion" in shown
    assert "1. Demandez au responsable de chaque application qui utilise cette connexion" in shown
    assert "champ     workloads-moved : Toutes les applications ont été déplacées" in shown
    assert "(écrivez yes pour accepter)" in shown
    assert "preuve    routing-before : Table de routage" in shown
    assert "règles    S2.1, S2.3, S2.7" in shown
    assert "(répétition)" in shown
    assert "ouverte depuis" in shown
    assert "(facultatif)" in shown
    assert "à l'horloge du simulateur" in shown
    assert f"unrack complete {run} preflight.attest-moved --field workloads-moved=yes" in shown


def test_refusals_and_mistakes_are_told_in_french(desk: Bench, run: str) -> None:
    """By the command, before anything is sent, and by the run itself."""
    mistake = flat(desk.type("--lang", "fr", "complete", run, "attest-moved", "--field", "nope=1").stderr)
    refusal = flat(desk.type("--lang", "fr", "resolve", run, "attest-moved", "skip", "--reason", "x").stderr)
    nothing = flat(desk.type("--lang", "fr", "status", "nothere").stderr)

    assert "Erreur : le formulaire n'est pas correct" in mistake
    assert "il n'y a pas de champ « nope »" in mistake
    assert "rien n'a été envoyé ; voyez ce qui est demandé avec `unrack tasks`" in mistake
    assert "Rien n'attend cela : preflight.attest-moved n'est pas bloquée" in refusal
    assert "Que faire : voyez ce qu'il y a avec `unrack list --all`" in nothing


def test_the_status_is_read_in_french(desk: Bench, run: str) -> None:
    """Where the run stands, and what can be done."""
    shown = flat(desk.type("--lang", "fr", "status", run).stdout)

    assert "Attend une personne : preflight.attest-moved Confirmer que plus rien n'a besoin de cette connexion" in shown
    assert "Pas de purge avant" in shown
    assert "en attente" in shown


def test_the_language_is_that_of_the_person(desk: Bench, run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option, else the setting, else the locale."""
    monkeypatch.setenv("LC_ALL", "fr_CA.UTF-8")
    assert "preuve" in desk.type("tasks", run).stdout
    monkeypatch.setenv("UNRACK_LANG", "en")
    assert "proof" in desk.type("tasks", run).stdout
    assert "preuve" in desk.type("--lang", "fr", "tasks", run).stdout
    refused = desk.type("--lang", "xx", "tasks", run)
    assert refused.exit_code == 2
    assert "it speaks en, fr" in refused.stderr


def test_what_is_recorded_and_what_is_json_stays_in_one_language(desk: Bench, run: str) -> None:
    """Two people who read different languages see the same run; so do tools and auditors."""
    assert desk.type("--lang", "fr", "tasks", run, "--json").stdout == desk.type("tasks", run, "--json").stdout
    refused = desk.type("--lang", "fr", "resolve", run, "attest-moved", "skip", "--reason", "pas bloquée")

    assert refused.exit_code == 3
    journal = [entry.what for entry in desk.report(run).state.journal]
    assert any("is not parked" in what for what in journal)
    assert not any("bloquée{" in what for what in journal)
