"""What doctor found, as a person reads it on a narrow screen."""

from io import StringIO
from pathlib import Path

import pytest
from temporalio.client import Client

from unrack.cli.screen import Spoken
from unrack.cli.up_and_doctor import show
from unrack.contracts.calls import AccessCall, AccessResult
from unrack.i18n import speaking
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.operations import health
from unrack.operations.doctor import examine
from unrack.operations.health import Checkup
from unrack.process.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
CALL = AccessCall(provider="awsmarketplace", account="production-eu", actions=())
PROXIED = AccessResult(
    provider="awsmarketplace",
    account="production-eu",
    proxy="http://proxy:3128",
    problem=Problem(category=Category.UNAVAILABLE, message="HTTP 503"),
)


async def no_server() -> Client:
    """Nobody answers."""
    raise UnrackError(Problem(category=Category.UNAVAILABLE, message="connection refused"))


@pytest.fixture
async def found(tmp_path: Path) -> list[Checkup]:
    """A look at an installation without a server, and one at a credential."""
    settings = Settings(home=tmp_path, evidence_url=f"file://{tmp_path}/evidence")
    looked = await examine(settings, no_server, ("default",))
    unused = Checkup(subject=health.credential_subject(CALL), health=health.Health.UNUSED, text=msg("none"))
    return [*looked, health.told_of_access(CALL, PROXIED), unused]


def shown(found: list[Checkup], language: str, width: int = 80) -> str:
    """What stands on a screen of `width` columns."""
    out = StringIO()
    with speaking(language):
        show(Spoken(file=out, width=width), found)
    return out.getvalue()


def test_the_parts_and_their_states_are_named_in_french(found: list[Checkup]) -> None:
    """Every row, and the titles above them."""
    text = shown(found, "fr", 400).replace(str(ROOT / "runbooks"), "")
    names = (
        *("Élément", "État", "serveur", "attributs de recherche", "rapprochement", "suspensions", "worker"),
        *("fuseaux horaires", "procédures", "dépôt des preuves", "manque", "inconnu", "inutilisé"),
        *("identifiants default", "identifiants awsmarketplace/production-eu", "HTTP 503 (par"),
    )

    assert [name for name in names if name not in text] == []
    said_in_english = {str(each.subject) for each in found} - {"worker"}
    assert [name for name in (*said_in_english, "Part", "State", "missing", "unknown", "unused") if name in text] == []


def test_parts_keep_their_names_for_tools_and_on_a_narrow_screen(found: list[Checkup]) -> None:
    """The document has one language, and what is looked for in the table is whole."""
    assert {"server", "reconciliation", "holds", "worker", "runbooks"} <= {
        each.model_dump()["subject"] for each in found
    }
    assert [each.subject for each in found if each.subject not in shown(found, "en")] == []


@pytest.mark.parametrize("width", [80, 120])
def test_a_digest_is_whole_on_every_screen(width: int) -> None:
    """Two of them are compared by eye."""
    digest = f"sha256:{'ec69cd0f' * 8}"
    rules = Checkup(
        subject=msg("policy"),
        health=health.Health.OK,
        text=msg("version {version} rules, {digest}", version=1, digest=digest),
    )

    assert digest in shown([rules], "fr", width)
